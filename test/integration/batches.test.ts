import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import { monotonicMs } from '../../src/server/queue/clock.ts';
import { encodeHeaders, type RecordInput } from '../../src/server/queue/record-batch.ts';
import { owner } from '../../src/server/queue/slab-layout.ts';
import { SlabPool } from '../../src/server/queue/slab-pool.ts';
import type { CompressionName } from '../../src/server/sink/batch-builder.ts';
import { kafkaClientOptions } from '../../src/server/sink/kafka-options.ts';
import { KafkaSink } from '../../src/server/sink/kafka-sink.ts';
import { KafkaTransport } from '../../src/server/sink/kafka-transport.ts';
import { SpoolFile } from '../../src/server/sink/spool-file.ts';
import { SpoolReplay } from '../../src/server/sink/spool-replay.ts';
import { SpoolSink } from '../../src/server/sink/spool-sink.ts';
import { SinkLoop } from '../../src/server/sink-loop.ts';
import { temporaryDirectory } from '../support/guarded.ts';
import { kafkaClient } from '../support/kafka-client.ts';
import { kcatConsume, kcatCount } from '../support/kcat.ts';
import {
  makeQueue,
  type QueueFixture,
  sealedSlab,
  TIME,
  topicTable,
  valuesOf,
} from '../support/queue-fixture.ts';
import { realPart } from '../support/real-parts.ts';
import { sharedKafka } from '../support/shared.ts';
import { sinkHost, sinkStats } from '../support/sink-host.ts';
import { createTopic } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';

/** Ships what is in a queue, and what will be, until the returned function is called. */
async function startShipper(
  queue: QueueFixture,
  brokers: string[],
  topic: string,
  compression: CompressionName = 'none',
): Promise<() => Promise<void>> {
  const { pool, ledger } = queue;
  const { config } = loadConfig({ flags: { brokers: brokers.join(',') } });
  const sink = new KafkaSink({
    pool,
    transport: new KafkaTransport(kafkaClientOptions(config)),
    topics: topicTable(topic),
    places: 0,
    acks: 'all',
    idempotence: 'on',
    compression,
    deliveryTimeoutMs: 60_000,
    restMs: 0,
    metadataMaxAgeMs: 60_000,
    host: sinkHost({ wake: () => pool.wake() }),
    possibleDuplicates() {},
  });
  const stats = sinkStats();
  const options = { pool, ledger, owner: owner.SHIPPER, sink, stats, deliveryTimeoutMs: 60_000, onFate() {} };
  const loop = new SinkLoop(options);
  await sink.open();
  const running = loop.run();
  return async () => {
    await loop.drain(monotonicMs() + 30_000);
    pool.wake();
    await running;
  };
}

/** One slab each: every kind of record that a batch can hold. */
const BATCHES: RecordInput[][] = [
  [{ value: '' }],
  valuesOf(1000).map((value) => ({ value })),
  ['ä日本🦊', '\0', 'x'.repeat(63), 'x'.repeat(64), 'x'.repeat(8191), 'x'.repeat(8192)].map((value) => ({
    value,
  })),
  [{ value: Uint8Array.from({ length: 256 }, (_, byte) => byte) }],
  [{ value: 'x'.repeat(SlabPool.RECORD_ROOM - 11) }],
  [
    { value: 'a', key: Buffer.from([0, 0xff]), headers: encodeHeaders([['traceparent', '00-x']]) },
    {
      value: 'b',
      key: Buffer.alloc(0),
      headers: encodeHeaders([
        ['a', '1'],
        ['a', '2'],
      ]),
    },
  ],
];

const expected = BATCHES.flat().map(({ value, key = null }) => ({
  value: Buffer.from(value as Uint8Array).toString('latin1'),
  key: key === null ? null : Buffer.from(key).toString('latin1'),
}));
type Found = { readonly value: Buffer | null; readonly key: Buffer | null };
const plain = ({ value, key }: Found) => ({
  value: value?.toString('latin1') ?? null,
  key: key?.toString('latin1') ?? null,
});

describe('batches over the wire', { skip: await realPart('kafka', 'kcat') }, () => {
  for (const compression of ['none', 'gzip', 'zstd'] as const) {
    it(`with compression ${compression} are read by consumers exactly as they were pushed`, async () => {
      const { brokers } = await sharedKafka();
      const topic = await createTopic(brokers, { partitions: 1 });
      const queue = makeQueue({ slabs: 8 });
      for (const batch of BATCHES) sealedSlab(queue, batch);
      const stop = await startShipper(queue, brokers, topic, compression);
      await waitFor('delivery', () => queue.ledger.sum('delivered') === expected.length, {
        timeoutMs: 30_000,
      });
      await stop();
      const found = await kcatConsume(brokers, topic);
      assert.deepEqual(found.map(plain), expected);
      for (const { timestamp } of found) assert.equal(timestamp, TIME);
      const headers = found
        .slice(-2)
        .map((record) => record.headers.map(({ name, value }) => [name, `${value}`]));
      assert.deepEqual(headers, [
        [['traceparent', '00-x']],
        [
          ['a', '1'],
          ['a', '2'],
        ],
      ]);
      // kafkajs has no zstd.
      if (compression !== 'zstd') assert.deepEqual(await consume(brokers, topic), expected);
    });
  }

  async function consume(brokers: string[], topic: string) {
    const consumer = kafkaClient(brokers, { retry: { retries: 20 } }).consumer({ groupId: topic });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const found: Found[] = [];
    await consumer.run({ eachMessage: async ({ message }) => void found.push(message) });
    await waitFor('all records', () => found.length >= expected.length, { timeoutMs: 30_000 });
    await consumer.disconnect();
    return found.map(plain);
  }
});

describe('a spool that is replayed into Kafka', { skip: await realPart('kafka', 'kcat') }, () => {
  it('is empty after, and every record is in the topic once and counted as delivered', async () => {
    const { brokers } = await sharedKafka();
    const topic = await createTopic(brokers, { partitions: 3 });
    const path = join(temporaryDirectory('replay'), 'spool.db');
    await spool(path, 12, 50);
    const file = new SpoolFile(path, 'second boot');
    assert.equal(file.level.records, 600);
    const queue = makeQueue({ slabs: 8 });
    const stop = await startShipper(queue, brokers, topic);
    const replay = new SpoolReplay({
      ...queue,
      file,
      onDoubt: () => assert.fail('nothing was sent before'),
    });
    await waitFor(
      'the spool to be empty',
      () => {
        const unpinned = replay.unpinned();
        for (const slab of replay.settle()) queue.pool.free(slab, owner.SPOOLER);
        replay.pin(unpinned);
        replay.refill();
        return replay.done;
      },
      { timeoutMs: 30_000 },
    );
    await stop();
    assert.deepEqual(file.counts, { expired: 0, delivered: 600, rejected: 0 });
    assert.equal(queue.ledger.sum('delivered'), 0, 'the spool counts them, not the shipper');
    assert.equal(queue.pool.countFree(), queue.pool.slabs);
    file.close();
    assert.equal(await kcatCount(brokers, topic), 600);
    const values = (await kcatConsume(brokers, topic)).map(({ value }) => `${value}`);
    assert.equal(new Set(values).size, 600);
  });

  async function spool(path: string, slabs: number, records: number): Promise<void> {
    const file = new SpoolFile(path, 'first boot');
    const queue = makeQueue();
    const host = sinkHost();
    const options = {
      boot: 'first boot',
      maxBytes: 2 ** 24,
      whenFull: 'drop_newest',
      emptied: false,
      isLeaving: () => false,
      onCommit() {},
    } as const;
    const sink = new SpoolSink({ ...options, ...queue, file, host });
    for (let i = 0; i < slabs; i++) {
      sealedSlab(queue, valuesOf(records, `${i}-`));
      const slab = queue.pool.takeSealed(owner.SPOOLER);
      assert.deepEqual(await sink.send(slab), { kind: 'spooled' });
      queue.pool.beginSettling(slab, owner.SPOOLER);
      queue.pool.free(slab, owner.SPOOLER);
    }
    await sink.close();
    file.close();
  }
});
