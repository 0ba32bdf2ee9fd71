import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { laneOf, NO_PLACE } from '../../../src/server/queue/lane.ts';
import { owner } from '../../../src/server/queue/slab-layout.ts';
import { SinkLoop } from '../../../src/server/sink-loop.ts';
import { type FakeKafka, fakeKafka } from '../../support/fake-kafka-sink.ts';
import { sealedSlab } from '../../support/queue-fixture.ts';
import { sinkStats } from '../../support/sink-host.ts';
import { waitFor } from '../../support/wait-for.ts';

const PLACES = 4;

/** Seals one record into a lane. */
const put = (kafka: FakeKafka, value: string, topic: number, place = NO_PLACE): number =>
  sealedSlab(kafka, [value], { lane: laneOf(topic, place) });

/** Ships what is in the queue until all of it has an end. */
function startLoop(kafka: FakeKafka): SinkLoop {
  const { pool, ledger, sink } = kafka;
  const loop = new SinkLoop({
    pool,
    ledger,
    owner: owner.SHIPPER,
    sink,
    stats: sinkStats(),
    deliveryTimeoutMs: 60_000,
    onFate() {},
  });
  void loop.run();
  return loop;
}

const delivered = (kafka: FakeKafka, records: number): Promise<unknown> =>
  waitFor(`${records} deliveries`, () => kafka.ledger.read(owner.SHIPPER, 'delivered') === records, {
    intervalMs: 1,
  });

const valuesIn = ({ transport }: FakeKafka, log: string): string[] => transport.others.get(log)?.values ?? [];

describe('a sink with several topics', () => {
  it('sends each record to its own, also to one that comes into the table later', async (t) => {
    const kafka = await fakeKafka(t, { partitions: 1 });
    startLoop(kafka);
    put(kafka, 'a', 0);
    await delivered(kafka, 1);
    const orders = kafka.topics.number('orders');
    put(kafka, 'b', orders);
    put(kafka, 'c', 0);
    await delivered(kafka, 3);
    assert.deepEqual(kafka.transport.values, ['a', 'c']);
    assert.deepEqual(valuesIn(kafka, 'orders-0'), ['b']);
  });

  it('puts ready batches of several topics into one request', async (t) => {
    const kafka = await fakeKafka(t, { partitions: 1 });
    kafka.topics.number('orders');
    kafka.sink.poke();
    await waitFor('both topics to be known', () => kafka.sink.ready() === 2, { intervalMs: 1 });
    put(kafka, 'a', 0);
    put(kafka, 'b', 1);
    startLoop(kafka);
    await delivered(kafka, 2);
    const [request] = kafka.transport.requests;
    assert.deepEqual(request?.batches.map(({ topic }) => topic).sort(), ['clicks', 'orders']);
  });

  it('goes on with the others when one does not exist, says which, and sends the rest once it does', async (t) => {
    const kafka = await fakeKafka(t, { partitions: 2 });
    kafka.transport.missing.add('orders');
    kafka.topics.number('orders');
    startLoop(kafka);
    put(kafka, 'waits', 1);
    for (const value of ['a', 'b', 'c']) put(kafka, value, 0);
    await delivered(kafka, 3);
    await waitFor('the trouble to be told', () => kafka.sink.status.state === 'degraded', { intervalMs: 1 });
    assert.match(kafka.sink.status.lastError ?? '', /^Topic "orders" does not exist/);
    kafka.transport.missing.clear();
    await delivered(kafka, 4);
    await waitFor('the trouble to be over', () => kafka.sink.status.state === 'connected', { intervalMs: 1 });
    assert.deepEqual([...valuesIn(kafka, 'orders-0'), ...valuesIn(kafka, 'orders-1')], ['waits']);
  });

  it('lets records of a topic that does not exist hold half of the queue, and drops the oldest of them beyond', async (t) => {
    const kafka = await fakeKafka(t); // its queue has 8 slabs
    kafka.transport.missing.add('orders');
    kafka.topics.number('orders');
    startLoop(kafka);
    await waitFor('the other topic to be known', () => kafka.sink.ready() === 1, { intervalMs: 1 });
    for (let n = 0; n < 6; n++) put(kafka, `${n}`, 1);
    await waitFor('two to be dropped', () => kafka.ledger.read(owner.SHIPPER, 'dropped.rejected') === 2, {
      intervalMs: 1,
    });
    assert.equal(kafka.pool.countFree(), 4);
    kafka.transport.missing.clear();
    await delivered(kafka, 4);
    assert.deepEqual(valuesIn(kafka, 'orders-0'), ['2', '3', '4', '5']);
  });

  it('lets a topic that does not exist fill the queue where it is the only one', async (t) => {
    const kafka = await fakeKafka(t);
    kafka.transport.deleteTopic();
    startLoop(kafka);
    for (let n = 0; n < 8; n++) put(kafka, `${n}`, 0);
    await waitFor('the trouble to be told', () => kafka.sink.status.state === 'degraded', { intervalMs: 1 });
    assert.equal(kafka.sink.isStuck(0), false);
    kafka.transport.makeTopic(1);
    await delivered(kafka, 8);
  });
});

describe('records with a key', () => {
  it('go to the partition of their place, and wait for it when it has no leader, while others are sent', async (t) => {
    const kafka = await fakeKafka(t, { partitions: 4, places: PLACES });
    kafka.transport.leaders.set(2, -1);
    startLoop(kafka);
    for (const place of [0, 1, 2, 3]) put(kafka, `k${place}`, 0, place);
    await delivered(kafka, 3);
    for (const place of [0, 1, 3]) assert.deepEqual(kafka.transport.log.get(place)?.values, [`k${place}`]);
    kafka.transport.leaders.set(2, 1);
    await delivered(kafka, 4);
    assert.deepEqual(kafka.transport.log.get(2)?.values, ['k2']);
  });

  it('go to the right partition of a topic with fewer, if their number divides record.partitions', async (t) => {
    const kafka = await fakeKafka(t, { partitions: 2, places: PLACES });
    startLoop(kafka);
    for (const place of [0, 1, 2, 3]) put(kafka, `k${place}`, 0, place);
    await delivered(kafka, 4);
    assert.deepEqual(kafka.transport.log.get(0)?.values, ['k0', 'k2']);
    assert.deepEqual(kafka.transport.log.get(1)?.values, ['k1', 'k3']);
    assert.deepEqual(kafka.warnings, []);
  });

  it('stay where they were when partitions are added, which is told', async (t) => {
    const kafka = await fakeKafka(t, { partitions: 4, places: PLACES, metadataMaxAgeMs: 5 });
    startLoop(kafka);
    put(kafka, 'before', 0, 3);
    await delivered(kafka, 1);
    kafka.transport.makeTopic(6);
    await waitFor('it to be told', () => kafka.warnings.length > 0, { intervalMs: 1 });
    assert.match(String(kafka.warnings), /keys_misplaced|6 partitions/);
    put(kafka, 'after', 0, 3);
    await delivered(kafka, 2);
    assert.deepEqual(kafka.transport.log.get(3)?.values, ['before', 'after']);
  });

  it('wait in their order while it is not known how many partitions there are', async (t) => {
    const kafka = await fakeKafka(t, { partitions: 0, places: PLACES, metadataMaxAgeMs: 5 });
    startLoop(kafka);
    for (const value of ['1', '2', '3']) put(kafka, value, 0, 1);
    await waitFor('a look', () => kafka.transport.looks > 1, { intervalMs: 1 });
    kafka.transport.makeTopic(4);
    await delivered(kafka, 3);
    assert.deepEqual(kafka.transport.log.get(1)?.values, ['1', '2', '3']);
  });
});
