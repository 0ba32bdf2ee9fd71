import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { monotonicMs } from '../../../src/server/queue/clock.ts';
import { flag, slabBig, slabNumber, slabWord } from '../../../src/server/queue/slab-layout.ts';
import { advanceSequence } from '../../../src/server/sink/slab-part.ts';
import { fakeKafka } from '../../support/fake-kafka-sink.ts';
import { valuesOf } from '../../support/queue-fixture.ts';
import { waitFor } from '../../support/wait-for.ts';

const delivered = { kind: 'delivered' };
const dropped = (reason: string) => ({ kind: 'dropped', reason });

describe('the sequence of an idempotent producer', () => {
  it('has neither gap nor repetition in a partition, and each partition has its own', async (t) => {
    const { send, transport } = await fakeKafka(t, { partitions: 2 });
    for (const count of [3, 1, 5, 2, 4, 1]) assert.deepEqual(await send(...valuesOf(count)), delivered);
    for (const partition of [0, 1]) {
      const batches = transport.requests.flatMap((r) => r.batches).filter((b) => b.partition === partition);
      assert.equal(batches.length, 3);
      let next = 0;
      for (const { sequence, values, producerId } of batches) {
        assert.deepEqual([sequence, producerId], [next, 1n]);
        next += values.length;
      }
    }
    assert.equal(transport.inits, 1);
  });

  it('begins again at 0 after 2^31 - 1', () => {
    assert.equal(advanceSequence(2 ** 31 - 4, 3), 2 ** 31 - 1);
    assert.equal(advanceSequence(2 ** 31 - 1, 1), 0);
    assert.equal(advanceSequence(2 ** 31 - 10, 1000), 990);
  });

  it('is the same on every retry, with the same partition and id', async (t) => {
    const { send, transport } = await fakeKafka(t, { partitions: 3 });
    await send('before');
    transport.faults.push('lost_answer', 'lost_request', { errors: { 1: 'REQUEST_TIMED_OUT' } });
    assert.deepEqual(await send('a', 'b'), delivered);
    const tries = transport.requests.slice(1).flatMap(({ batches }) => batches);
    assert.equal(tries.length, 4);
    for (const batch of tries) assert.deepEqual(batch, tries[0]);
    assert.deepEqual(transport.values, ['before', 'a', 'b'], 'it is in the topic once');
  });

  it('of a batch that never left goes to the next batch, and the batch takes another', async (t) => {
    const { sink, pool, send, transport, take } = await fakeKafka(t);
    await send('first');
    transport.faults.push('never_written');
    const slab = take(['second']);
    assert.deepEqual(await sink.send(slab), { kind: 'returned' });
    assert.equal(pool.hasFlag(slab, flag.ON_WIRE), false);
    pool.giveBack(slab, 2);
    await waitFor('the sink to be ready', () => sink.ready() > 0);
    assert.equal(pool.takeSealed(2), slab);
    const third = await send('third');
    await waitFor('the sink to be ready', () => sink.ready() > 0);
    assert.deepEqual([third, await sink.send(slab)], [delivered, delivered]);
    assert.deepEqual(transport.values, ['first', 'third', 'second']);
  });
});

describe('an answer', () => {
  it('NOT_LEADER brings a look at the metadata, then the same batch to the new leader', async (t) => {
    const { send, transport } = await fakeKafka(t);
    await send('before');
    const { looks } = transport;
    transport.leaders = new Map([[0, 2]]);
    transport.faults.push({ errors: { 0: 'NOT_LEADER_FOR_PARTITION' } });
    assert.deepEqual(await send('a'), delivered);
    assert.ok(transport.looks > looks);
    const [, old, now] = transport.requests;
    assert.deepEqual([old!.nodeId, now!.nodeId], [1, 2]);
    assert.deepEqual(now!.batches, old!.batches);
  });

  for (const error of ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID', 'INVALID_PRODUCER_EPOCH']) {
    it(`${error} gives the same batch a new producer id, and nothing is dropped`, async (t) => {
      const { send, transport } = await fakeKafka(t);
      await send('before');
      transport.faults.push({ errors: { 0: error } });
      assert.deepEqual(await send('a', 'b'), delivered);
      assert.deepEqual(await send('c'), delivered);
      const sent = transport.requests.flatMap(({ batches }) => batches);
      const ids = sent.map(({ producerId, sequence }) => [Number(producerId), sequence]);
      assert.deepEqual(ids, [
        [1, 0],
        [1, 1],
        [2, 0],
        [2, 2],
      ]);
      assert.deepEqual(transport.values, ['before', 'a', 'b', 'c']);
    });
  }

  it('DUPLICATE_SEQUENCE_NUMBER means delivered', async (t) => {
    const { send, transport } = await fakeKafka(t);
    transport.faults.push('lost_answer', { errors: { 0: 'DUPLICATE_SEQUENCE_NUMBER' } });
    assert.deepEqual(await send('a'), delivered);
    assert.deepEqual(await send('b'), delivered);
    assert.deepEqual(transport.values, ['a', 'b']);
  });

  for (const error of ['MESSAGE_TOO_LARGE', 'INVALID_RECORD']) {
    it(`${error} rejects that batch at once, and its neighbours go on`, async (t) => {
      const { sink, pool, send, take, transport } = await fakeKafka(t, { partitions: 2 });
      await waitFor('both partitions', () => sink.ready() === 2);
      transport.faults.push({ errors: { 0: error } });
      const bad = take(['bad']);
      const good = take(['good']);
      const outcomes = await Promise.all([sink.send(bad), sink.send(good)]);
      assert.deepEqual(outcomes, [dropped('rejected'), delivered]);
      assert.equal(pool.hasFlag(bad, flag.ON_WIRE), false, 'it is not in the topic');
      assert.deepEqual(await send('next'), delivered);
      assert.deepEqual(transport.requests.at(-1)!.batches[0]!.sequence, 0, 'its sequence was not used up');
    });
  }

  for (const error of ['TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED']) {
    it(`${error} makes the batch wait for the right, and is one sentence for all partitions`, async (t) => {
      const { sink, take, transport } = await fakeKafka(t, { partitions: 2 });
      await waitFor('both partitions', () => sink.ready() === 2);
      transport.faults.push({ errors: { 0: error, 1: error } }, { errors: { 0: error, 1: error } });
      const slabs = [take(['a']), take(['b'])];
      const outcomes = Promise.all(slabs.map((slab) => sink.send(slab)));
      await waitFor('the reason', () => sink.status.lastError !== null, { intervalMs: 1 });
      assert.equal(
        sink.status.lastError,
        `Kafka does not let this client write to topic "clicks": it needs the right Write on it (${error}).`,
      );
      assert.deepEqual(await outcomes, [delivered, delivered]);
      assert.deepEqual(transport.values.toSorted(), ['a', 'b']);
    });

    it(`${error} until the delivery time-out drops the batch, which is not in the topic`, async (t) => {
      const { sink, pool, take, transport } = await fakeKafka(t, { deliveryTimeoutMs: 300 });
      await waitFor('the sink to be ready', () => sink.ready() === 1);
      for (let attempt = 0; attempt < 100; attempt++) transport.faults.push({ errors: { 0: error } });
      const slab = take(['a']);
      assert.deepEqual(await sink.send(slab), dropped('delivery_timeout'));
      assert.equal(pool.hasFlag(slab, flag.ON_WIRE), false);
    });
  }

  it('that refuses a batch of which an earlier answer was lost leaves it unconfirmed', async (t) => {
    const { sink, pool, send, take, transport } = await fakeKafka(t);
    await send('before');
    transport.faults.push('lost_answer', { errors: { 0: 'NOT_LEADER_FOR_PARTITION' } });
    transport.faults.push({ errors: { 0: 'INVALID_RECORD' } });
    const slab = take(['a']);
    await waitFor('the sink to be ready', () => sink.ready() > 0);
    assert.deepEqual(await sink.send(slab), dropped('rejected'));
    assert.equal(pool.hasFlag(slab, flag.ON_WIRE), true);
    assert.deepEqual(await send('b'), delivered);
    assert.deepEqual(transport.values, ['before', 'a', 'b'], 'the next batch is not taken for a repetition');
  });

  it('with a throttle time leaves the broker alone for so long', async (t) => {
    const { sink, send, transport } = await fakeKafka(t);
    transport.faults.push({ throttleMs: 200 });
    const before = monotonicMs();
    assert.deepEqual(await send('a'), delivered);
    assert.equal(sink.ready(), 0);
    assert.deepEqual(await send('b'), delivered);
    assert.ok(monotonicMs() - before >= 200);
  });
});

describe('a broker', () => {
  it('has one request under way, with a batch of every ready partition', async (t) => {
    const { sink, take, transport } = await fakeKafka(t, { partitions: 3 });
    await waitFor('three partitions', () => sink.ready() === 3);
    const gate = Promise.withResolvers<void>();
    transport.faults.push({ until: gate.promise });
    const sending = ['a', 'b', 'c'].map((value) => sink.send(take([value])));
    await waitFor('the request', () => transport.requests.length === 1);
    assert.deepEqual(transport.requests[0]!.batches.map(({ partition }) => partition).sort(), [0, 1, 2]);
    assert.equal(sink.ready(), 0);
    gate.resolve();
    for (const outcome of await Promise.all(sending)) assert.deepEqual(outcome, delivered);
    assert.equal(transport.mostAtOnce, 1);
  });

  it('rests after a request, but not after one that had a batch for each of its partitions', async (t) => {
    const restMs = 60_000;
    const some = await fakeKafka(t, { partitions: 2, restMs });
    await some.send('a');
    await waitFor('no request', () => some.sink.ready() === 0);
    const all = await fakeKafka(t, { partitions: 1, restMs });
    await all.send('a');
    await all.send('b');
  });

  it('that is slow does not hold up another', async (t) => {
    const { sink, take, transport } = await fakeKafka(t, { partitions: 2 });
    transport.leaders = new Map([
      [0, 1],
      [1, 2],
    ]);
    await waitFor('two partitions', () => sink.ready() === 2);
    const gate = Promise.withResolvers<void>();
    const slab = take(['slow']);
    transport.faults.push({ until: gate.promise });
    const slow = sink.send(slab);
    await waitFor('the request', () => transport.requests.length === 1);
    assert.deepEqual(await sink.send(take(['fast'])), delivered);
    gate.resolve();
    assert.deepEqual(await slow, delivered);
  });
});

describe('without idempotence', () => {
  it('a batch has no id, and one that is sent again counts as possible duplicates', async (t) => {
    const { send, transport, duplicates } = await fakeKafka(t, { idempotence: 'off' });
    transport.faults.push('lost_answer');
    assert.deepEqual(await send('a', 'b'), delivered);
    assert.deepEqual(duplicates, [2]);
    assert.equal(transport.inits, 0);
    assert.equal(transport.requests[0]!.batches[0]!.producerId, -1n);
  });

  it('a batch that was refused and is sent again counts as no duplicate', async (t) => {
    const { send, transport, duplicates } = await fakeKafka(t, { idempotence: 'off' });
    transport.faults.push({ errors: { 0: 'NOT_LEADER_FOR_PARTITION' } });
    assert.deepEqual(await send('a'), delivered);
    assert.deepEqual(duplicates, []);
  });
});

describe('adopting a slab that a dead shipper left', () => {
  it('keeps its partition, id and sequence; the next batch has a new id', async (t) => {
    const { sink, pool, send, take, transport } = await fakeKafka(t, { partitions: 2 });
    transport.partitionLog(1).expectSequence(77n, 500);
    const slab = take(['a', 'b']);
    pool.set(slab, slabWord.PARTITION, 1);
    pool.setBig(slab, slabBig.PRODUCER_ID, 77n);
    pool.set(slab, slabWord.PRODUCER_EPOCH, 3);
    pool.set(slab, slabWord.BASE_SEQUENCE, 500);
    pool.addFlag(slab, flag.ON_WIRE);
    transport.faults.push({ errors: { 1: 'NOT_LEADER_FOR_PARTITION' } }, 'lost_answer');
    assert.deepEqual(await sink.adopt(slab), delivered);
    const batch = {
      topic: 'clicks',
      partition: 1,
      producerId: 77n,
      epoch: 3,
      sequence: 500,
      values: ['a', 'b'],
    };
    assert.deepEqual(
      transport.requests.flatMap(({ batches }) => batches),
      [batch, batch, batch],
    );
    for (const value of ['c', 'd']) assert.deepEqual(await send(value), delivered);
    assert.deepEqual(
      transport.requests.slice(3).map(({ batches }) => batches[0]!.sequence),
      [0, 0],
    );
    assert.deepEqual(transport.partitionLog(1).values.slice(0, 2), ['a', 'b']);
  });

  it('that was sent without a producer id sends it so again, and counts what may come twice', async (t) => {
    const { sink, pool, take, transport, duplicates } = await fakeKafka(t);
    await waitFor('the sink to be ready', () => sink.ready() > 0);
    const slab = take(['a', 'b']);
    pool.set(slab, slabWord.PARTITION, 0);
    pool.addFlag(slab, flag.ON_WIRE);
    assert.deepEqual(await sink.adopt(slab), delivered);
    assert.equal(transport.requests[0]!.batches[0]!.producerId, -1n);
    assert.deepEqual(duplicates, [2]);
  });
});

describe('the delivery deadline', () => {
  it('drops a batch that was on the wire as unconfirmed, and the next has a new producer id', async (t) => {
    const { sink, pool, send, take, transport } = await fakeKafka(t, { deliveryTimeoutMs: 60_000 });
    await send('before');
    transport.faults.push('lost_answer');
    const slab = take(['a']);
    pool.setNumber(slab, slabNumber.OPENED_AT, monotonicMs() - 60_000 + 20);
    assert.deepEqual(await sink.send(slab), dropped('delivery_timeout'));
    assert.equal(pool.hasFlag(slab, flag.ON_WIRE), true);
    assert.deepEqual(await send('b'), delivered);
    const { producerId, sequence } = transport.requests.at(-1)!.batches[0]!;
    assert.deepEqual([producerId, sequence], [2n, 0]);
    assert.deepEqual(transport.values, ['before', 'a', 'b']);
  });

  it('drops a batch that was refused to the end without calling it unconfirmed', async (t) => {
    const { sink, pool, take, transport } = await fakeKafka(t);
    await waitFor('the sink to be ready', () => sink.ready() > 0);
    for (let i = 0; i < 50; i++) transport.faults.push({ errors: { 0: 'NOT_ENOUGH_REPLICAS' } });
    const slab = take(['a']);
    pool.setNumber(slab, slabNumber.OPENED_AT, monotonicMs() - 60_000 + 200);
    assert.deepEqual(await sink.send(slab), dropped('delivery_timeout'));
    assert.equal(pool.hasFlag(slab, flag.ON_WIRE), false);
    assert.match(sink.status.lastError ?? '', /NOT_ENOUGH_REPLICAS/);
  });
});

describe('a trouble that all partitions have', () => {
  it('is told once, not for each of them', async (t) => {
    const { sink, transport, take, warnings } = await fakeKafka(t, { partitions: 3 });
    await waitFor('three partitions', () => sink.ready() === 3);
    const refused = {
      errors: { 0: 'NOT_ENOUGH_REPLICAS', 1: 'NOT_ENOUGH_REPLICAS', 2: 'NOT_ENOUGH_REPLICAS' },
    };
    transport.faults.push(refused);
    const sending = ['a', 'b', 'c'].map((value) => sink.send(take([value])));
    for (const outcome of await Promise.all(sending)) assert.deepEqual(outcome, delivered);
    assert.equal(warnings.length, 1);
  });
});
