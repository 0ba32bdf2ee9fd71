/** A KafkaSink over a FakeTransport, with a queue of its own. */
import type { TestContext } from 'node:test';
import { monotonicMs } from '../../src/server/queue/clock.ts';
import { owner } from '../../src/server/queue/slab-layout.ts';
import { KafkaSink, type KafkaSinkOptions } from '../../src/server/sink/kafka-sink.ts';
import type { SendOutcome } from '../../src/server/sink/sink.ts';
import type { SinkStats } from '../../src/telemetry/sink-stats.ts';
import { FakeTransport } from './fake-transport.ts';
import { keptLog } from './log-lines.ts';
import { makeQueue, type QueueFixture, sealedSlab } from './queue-fixture.ts';
import { sinkHost, sinkStats } from './sink-host.ts';
import { waitFor } from './wait-for.ts';

export interface FakeKafka extends QueueFixture {
  readonly sink: KafkaSink;
  readonly transport: FakeTransport;
  readonly warnings: string[];
  /** What the sink counts. */
  readonly stats: SinkStats;
  /** Records told to possibleDuplicates. */
  readonly duplicates: number[];
  /** Pushes values as one slab and takes it, without sending it. */
  take(values: readonly string[]): number;
  /** Pushes values as one slab, and sends it as soon as the sink is ready. */
  send(...values: string[]): Promise<SendOutcome>;
}

/** The sink is closed at the end of the test `t`. */
export async function fakeKafka(
  t: TestContext,
  options: Partial<KafkaSinkOptions> & { partitions?: number } = {},
): Promise<FakeKafka> {
  const { partitions = 1, ...sinkOptions } = options;
  const queue = makeQueue({ slabs: 8 });
  const transport = new FakeTransport();
  transport.leaders = new Map(Array.from({ length: partitions }, (_, id) => [id, 1]));
  const { log, warnings } = keptLog();
  const duplicates: number[] = [];
  const stats = sinkStats();
  const sink = new KafkaSink({
    pool: queue.pool,
    transport,
    topics: queue.topics,
    places: 0,
    acks: 'all',
    idempotence: 'auto',
    compression: 'none',
    deliveryTimeoutMs: 60_000,
    restMs: 0,
    metadataMaxAgeMs: 60_000,
    host: sinkHost({ stats, log }),
    possibleDuplicates: (records) => duplicates.push(records),
    ...sinkOptions,
  });
  await sink.open();
  t.after(() => sink.close(monotonicMs()));
  const take = (values: readonly string[]): number => {
    sealedSlab(queue, values);
    return queue.pool.takeSealed(owner.SHIPPER);
  };
  const send = async (...values: string[]): Promise<SendOutcome> => {
    await waitFor('the sink to be ready', () => sink.ready() > 0, { intervalMs: 1 });
    return sink.send(take(values));
  };
  return { ...queue, sink, transport, warnings, stats, duplicates, take, send };
}
