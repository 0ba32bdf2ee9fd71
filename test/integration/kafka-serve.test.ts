import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { assertNoGap, click, clicksIn, consume } from '../support/clicks.ts';
import { freePort } from '../support/free-port.ts';
import { type Flags, serve } from '../support/kafka-server.ts';
import { kcatConsume, kcatCount } from '../support/kcat.ts';
import { realPart } from '../support/real-parts.ts';
import { sharedKafka } from '../support/shared.ts';
import { createTopic } from '../support/topics.ts';

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

describe('records in a real Kafka', { skip: await realPart('kafka', 'kcat') }, () => {
  let brokers: string[];

  before(async () => {
    ({ brokers } = await sharedKafka());
  });

  const serveTo = (topic: string, flags: Flags = {}) =>
    serve({ brokers: brokers.join(','), topic, ...flags });

  it('of thousands of requests are there exactly once, in order of ids without a gap, in every partition', async () => {
    const topic = await createTopic(brokers, { partitions: 4 });
    await using server = await serveTo(topic);
    await click(server.url, 5000);
    const stats = await server.quiet(5000);
    assert.equal(stats.ledger.offered, 5000);
    assert.equal(stats.ledger.delivered, 5000);
    assert.equal(stats.ledger.unaccounted, 0);
    await server.connected();
    const { sink } = await server.waitForStats('an ack to be told', (read) => read.sink.ackMs !== null);
    assert.equal(sink.partitions, 4);
    // A partition carries one batch of a thousand such records for each ack.
    assert.equal(Math.round(sink.maxRecordsPerSecond!), Math.round((4 * 1000 * 1000) / sink.ackMs!));

    const clicks = await clicksIn(brokers, topic);
    assertNoGap(clicks, 5000);
    const paths = new Set(clicks.map(({ path }) => path));
    assert.equal(paths.size, 5000, 'every request has its own record');

    const messages = await consume(brokers, topic, 5000);
    assertNoGap(
      messages.map(({ value }) => JSON.parse(value!.toString())),
      5000,
    );
    for (const { key, headers, batchContext } of messages) {
      assert.equal(key, null);
      assert.deepEqual(headers, {});
      assert.ok(Number(batchContext.producerId) >= 0, 'batches are idempotent by default');
    }
    assert.deepEqual([...new Set(messages.map(({ partition }) => partition))].sort(), [0, 1, 2, 3]);
  });

  it('stand in the order of their requests within a partition', async () => {
    const topic = await createTopic(brokers);
    await using server = await serveTo(topic);
    await click(server.url, 2000, { connections: 1 });
    await server.quiet(2000);
    const clicks = await clicksIn(brokers, topic);
    assert.deepEqual(
      clicks.map(({ path }) => path),
      Array.from({ length: 2000 }, (_, n) => `/?n=${n}`),
    );
  });

  it("carry the caller's traceparent and tracestate in their headers, also when nothing is traced here", async () => {
    const topic = await createTopic(brokers);
    await using server = await serveTo(topic);
    await click(server.url, 1, { headers: { traceparent: TRACEPARENT, tracestate: 'vendor=1' } });
    await click(server.url, 1, { headers: { traceparent: 'rubbish', tracestate: 'vendor=1' } });
    await server.quiet(2);
    const records = await kcatConsume(brokers, topic);
    const headers = records.map((record) => record.headers.map(({ name, value }) => `${name}: ${value}`));
    assert.deepEqual(headers, [[`traceparent: ${TRACEPARENT}`, 'tracestate: vendor=1'], []]);
    const { trace_id: traceId, span_id: spanId } = JSON.parse(records[0]!.value!.toString());
    assert.equal(traceId, TRACEPARENT.slice(3, 35));
    assert.equal(spanId, TRACEPARENT.slice(36, 52));
  });

  const promises: [acks: string, idempotence: string, idempotent: boolean][] = [
    ['all', 'on', true],
    ['all', 'auto', true],
    ['all', 'off', false],
    ['1', 'auto', false],
    ['0', 'auto', false],
  ];
  for (const [acks, idempotence, idempotent] of promises) {
    const numbered = idempotent ? 'numbered by a producer id' : 'not numbered';
    it(`arrive with acks ${acks} and idempotence ${idempotence}, in batches ${numbered}`, async () => {
      const topic = await createTopic(brokers, { partitions: 2 });
      await using server = await serveTo(topic, { acks, idempotence });
      await click(server.url, 500);
      assert.equal((await server.quiet(500)).ledger.delivered, 500);
      const messages = await consume(brokers, topic, 500);
      assert.equal(messages.length, 500);
      for (const { batchContext } of messages) assert.equal(Number(batchContext.producerId) >= 0, idempotent);
    });
  }

  for (const compression of ['gzip', 'zstd']) {
    it(`arrive compressed with ${compression}`, async () => {
      const topic = await createTopic(brokers);
      await using server = await serveTo(topic, { compression });
      await click(server.url, 2000);
      assert.equal((await server.quiet(2000)).ledger.delivered, 2000);
      assertNoGap(await clicksIn(brokers, topic), 2000);
    });
  }

  it('are all in the topic when the server ends on SIGTERM, also those that waited for their batch to fill', async () => {
    const topic = await createTopic(brokers);
    await using server = await serveTo(topic, { linger: '60s' });
    await click(server.url, 700);
    await server.waitForStats('all to wait', ({ ledger }) => ledger.queued === 700);
    const { code, lastLine } = await server.stop();
    assert.equal(code, 0);
    assert.equal(lastLine.reason, 'SIGTERM');
    assert.equal(lastLine.lost, 0);
    assert.equal(lastLine.ledger.delivered, 700);
    assert.equal(lastLine.ledger.unaccounted, 0);
    assert.equal(await kcatCount(brokers, topic), 700);
  });

  it('of requests that come during the drain are in the topic too', async () => {
    const topic = await createTopic(brokers);
    await using server = await serveTo(topic, { 'shutdown.grace': '500ms' });
    await click(server.url, 10);
    const stopped = server.stop();
    await click(server.url, 10); // within the grace
    const { lastLine } = await stopped;
    assert.equal(lastLine.ledger.offered, 20);
    assert.equal(lastLine.ledger.delivered, 20);
    assert.equal(await kcatCount(brokers, topic), 20);
  });

  it('arrive when only one address of the broker list is alive', async () => {
    const topic = await createTopic(brokers);
    const dead = `127.0.0.1:${await freePort()}`;
    await using server = await serveTo(topic, { brokers: `${dead},${brokers[0]}` });
    await click(server.url, 100);
    await server.quiet(100);
    assertNoGap(await clicksIn(brokers, topic), 100);
  });
});
