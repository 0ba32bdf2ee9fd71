/** What each thread of the model does: the real parts, put together as src/server's listener, shipper and spooler do. */

import { HighWater } from '../../src/server/queue/high-water.ts';
import { LaneWriter } from '../../src/server/queue/lane-writer.ts';
import { dropColumn, type Ledger } from '../../src/server/queue/ledger.ts';
import { outcomeOf } from '../../src/server/queue/settlement.ts';
import { flag, owner, poolWord } from '../../src/server/queue/slab-layout.ts';
import { DEFAULT_LANE, epochChange, type SlabPool } from '../../src/server/queue/slab-pool.ts';
import { KafkaSink } from '../../src/server/sink/kafka-sink.ts';
import type { SinkHost } from '../../src/server/sink/sink.ts';
import type { SpoolFile } from '../../src/server/sink/spool-file.ts';
import { SpoolReplay } from '../../src/server/sink/spool-replay.ts';
import { SpoolSink } from '../../src/server/sink/spool-sink.ts';
import { SinkLoop } from '../../src/server/sink-loop.ts';
import type { ClusterTransport } from '../support/simulated-cluster.ts';
import type { Setup } from './setup.ts';

export const LINGER_MS = 10;
export const BOOT = 'boot';

/** What a thread is given. */
export interface Parts {
  readonly pool: SlabPool;
  readonly ledger: Ledger;
  readonly highWater: SharedArrayBuffer;
  readonly setup: Setup;
  readonly connect: () => ClusterTransport;
  readonly openSpool: () => SpoolFile;
  /** Calls `drain` once, when the supervisor says so; the thread is done when it resolves. */
  readonly onDrain: (drain: (deadline: number) => Promise<void>) => void;
}

export function startListener(parts: Parts, index: number): LaneWriter {
  const { pool, ledger } = parts;
  const writer = new LaneWriter({
    pool,
    ledger,
    highWater: new HighWater(parts.highWater, pool, index),
    owner: owner.LISTENER + index,
    lane: DEFAULT_LANE,
    lingerMs: LINGER_MS,
  });
  parts.onDrain(async () => writer.seal());
  return writer;
}

export async function runShipper({ pool, ledger, setup, connect, onDrain }: Parts): Promise<void> {
  const kafka = new KafkaSink({
    pool,
    transport: connect(),
    topic: 'clicks',
    acks: 'all',
    idempotence: setup.idempotence,
    compression: 'none',
    deliveryTimeoutMs: setup.deliveryTimeoutMs,
    host: hostOf(pool),
    possibleDuplicates: (records) => ledger.add(owner.SHIPPER, 'possibleDuplicates', records),
  });
  const loop = new SinkLoop({
    pool,
    ledger,
    owner: owner.SHIPPER,
    sink: kafka,
    deliveryTimeoutMs: setup.deliveryTimeoutMs,
    onFate() {},
  });
  loop.takeOver((slab) => kafka.adopt(slab));
  await kafka.open();
  onDrain((deadline) => loop.drain(deadline));
  await loop.run();
}

const hostOf = (pool: SlabPool): SinkHost => ({ wake: () => pool.wake(), log() {} });

function follow(ledger: Ledger, file: SpoolFile, unsettled = 0): void {
  const { expired, delivered, rejected } = file.counts;
  ledger.set(owner.SPOOLER, dropColumn('expired'), expired);
  ledger.set(owner.SPOOLER, dropColumn('rejected'), rejected);
  ledger.set(owner.SPOOLER, 'delivered', delivered);
  ledger.set(owner.SPOOLER, 'spooled', file.level.records - unsettled);
  ledger.set(owner.SPOOLER, 'spooledBytes', file.level.bytes);
}

export async function runSpooler(parts: Parts, restarted: boolean): Promise<void> {
  const file = parts.openSpool();
  if (!restarted) parts.ledger.set(owner.SPOOLER, 'inherited', file.level.records);
  await (parts.setup.sink === 'spool' ? spoolRecords : replayRecords)(parts, file);
}

async function spoolRecords({ pool, ledger, setup, onDrain }: Parts, file: SpoolFile): Promise<void> {
  const sink = new SpoolSink({
    pool,
    file,
    boot: BOOT,
    maxBytes: setup.spoolBytes,
    whenFull: setup.whenFull,
    host: hostOf(pool),
    onCommit: (unsettled) => follow(ledger, file, unsettled),
  });
  const loop = new SinkLoop({
    pool,
    ledger,
    owner: owner.SPOOLER,
    sink,
    deliveryTimeoutMs: Number.POSITIVE_INFINITY,
    onFate() {},
  });
  loop.takeOver();
  follow(ledger, file);
  await sink.open();
  onDrain((deadline) => loop.drain(deadline));
  await loop.run();
}

function countDoubt(pool: SlabPool, ledger: Ledger, slab: number): void {
  const outcome = outcomeOf(pool, slab);
  if (outcome.kind !== 'dropped' || !pool.hasFlag(slab, flag.ON_WIRE)) return;
  const column = outcome.reason === 'rejected' ? 'unconfirmed' : 'possibleDuplicates';
  ledger.add(owner.SPOOLER, column, pool.records(slab));
}

async function replayRecords({ pool, ledger, onDrain }: Parts, file: SpoolFile): Promise<void> {
  follow(ledger, file);
  const replay = new SpoolReplay(pool, file);
  let draining = false;
  const settle = (): void => {
    const slabs = replay.settle();
    follow(ledger, file);
    for (const slab of slabs) {
      countDoubt(pool, ledger, slab);
      pool.free(slab, owner.SPOOLER);
    }
  };
  onDrain(async () => {
    draining = true;
    settle();
  });
  let seen = 0;
  while (!draining) {
    settle();
    replay.refill();
    seen = await epochChange(pool, poolWord.REPLAY_EPOCH, seen, replay.done ? 60_000 : 200);
  }
}
