/** What each thread of the model does: the real work of the server's threads, given the model's memory and network. */
import { HighWater } from '../../src/server/queue/high-water.ts';
import { Lanes } from '../../src/server/queue/lanes.ts';
import type { Ledger } from '../../src/server/queue/ledger.ts';
import { owner } from '../../src/server/queue/slab-layout.ts';
import type { SlabPool } from '../../src/server/queue/slab-pool.ts';
import type { TopicTable } from '../../src/server/queue/topic-table.ts';
import { type ShippingConfig, ship } from '../../src/server/shipping.ts';
import type { SpoolFile } from '../../src/server/sink/spool-file.ts';
import { type SpoolingConfig, spool } from '../../src/server/spooling.ts';
import type { SinkThread } from '../../src/server/thread.ts';
import type { ClusterTransport } from '../support/simulated-cluster.ts';
import { sinkStats } from '../support/sink-host.ts';
import { PLACES, type Setup } from './setup.ts';

export const LINGER_MS = 10;

/** What a thread is given. */
export interface Parts {
  readonly pool: SlabPool;
  readonly ledger: Ledger;
  readonly topics: TopicTable;
  readonly highWater: SharedArrayBuffer;
  readonly setup: Setup;
  /** Of the process. */
  readonly boot: string;
  readonly restarted: boolean;
  readonly connect: () => ClusterTransport;
  readonly openSpool: () => SpoolFile;
  /** Calls `drain` once, when the supervisor says so. */
  readonly onDrain: (drain: (deadline: number) => Promise<void>) => void;
  /** The thread says that it has drained. */
  readonly drained: () => void;
}

export function startListener(parts: Parts, index: number): Lanes {
  const { pool, ledger, topics, setup } = parts;
  const lanes = new Lanes({
    pool,
    ledger,
    topics,
    places: PLACES,
    highWater: new HighWater(parts.highWater, pool, index),
    owner: owner.LISTENER + index,
    lingerMs: LINGER_MS,
    overflow: setup.overflow,
  });
  parts.onDrain(async () => {
    lanes.seal();
    parts.drained();
  });
  return lanes;
}

const threadOf = ({ pool, ledger, topics, boot, restarted, onDrain, drained }: Parts): SinkThread => ({
  pool,
  ledger,
  topics,
  stats: sinkStats(),
  boot,
  restarted,
  tellsLost: false,
  tellTrace() {},
  onDrain,
  tell: ({ type }) => {
    if (type === 'closed') drained();
  },
  log() {},
  reportStatus() {},
});

const configOf = (setup: Setup): ShippingConfig & SpoolingConfig => ({
  sink: setup.sink,
  'queue.overflow': setup.overflow,
  'record.partitions': PLACES,
  acks: 'all',
  idempotence: setup.idempotence,
  compression: 'none',
  linger: 0,
  'delivery.timeout': setup.deliveryTimeoutMs,
  'metadata.maxAge': 60_000,
  'spool.maxBytes': setup.spoolBytes,
  'spool.whenFull': setup.whenFull,
});

export const runShipper = (parts: Parts): Promise<void> =>
  ship(threadOf(parts), configOf(parts.setup), parts.connect);

export const runSpooler = (parts: Parts): Promise<void> =>
  spool(threadOf(parts), configOf(parts.setup), parts.openSpool());
