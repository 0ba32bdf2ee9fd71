import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { monotonicMs } from '../../../src/server/queue/clock.ts';
import { flag, slabBig, slabWord } from '../../../src/server/queue/slab-layout.ts';
import { type FakeKafka, fakeKafka } from '../../support/fake-kafka-sink.ts';
import type { Fault } from '../../support/fake-transport.ts';
import { valuesOf } from '../../support/queue-fixture.ts';
import { waitFor } from '../../support/wait-for.ts';

const delivered = { kind: 'delivered' };
const rejected = { kind: 'dropped', reason: 'rejected' };
/** For a request to which nothing happens. */
const NOTHING: Fault = { throttleMs: 0 };
const TOO_LARGE: Fault = { errors: { 0: 'MESSAGE_TOO_LARGE' } };

/** Producer id, sequence and number of records of every batch that was sent. */
const sent = ({ transport }: FakeKafka) =>
  transport.requests
    .flatMap(({ batches }) => batches)
    .map(({ producerId, sequence, values }) => [Number(producerId), sequence, values.length]);

async function takeWhenReady({ sink, take }: FakeKafka, values: string[]): Promise<number> {
  await waitFor('the sink to be ready', () => sink.ready() > 0, { intervalMs: 1 });
  return take(values);
}

describe('a batch that is too large for the topic', () => {
  it('goes in parts, in order and without a gap in the sequence, and says so once', async (t) => {
    const kafka = await fakeKafka(t);
    kafka.transport.mostRecords = 3;
    assert.deepEqual(await kafka.send(...valuesOf(9)), delivered);
    assert.deepEqual(kafka.transport.values, valuesOf(9));
    assert.deepEqual(sent(kafka), [
      [1, 0, 9],
      [1, 0, 4],
      ...[0, 2, 4, 6].map((sequence) => [1, sequence, 2]),
      [1, 8, 1],
    ]);
    assert.equal(new Set(kafka.warnings).size, 1);
    assert.match(kafka.warnings[0]!, /too large for topic clicks.*max\.message\.bytes/);
    assert.equal(kafka.sink.status.state, 'connected');
  });

  it('teaches the sink: the next go in parts at once', async (t) => {
    const kafka = await fakeKafka(t);
    kafka.transport.mostRecords = 2;
    await kafka.send(...valuesOf(4));
    const before = kafka.transport.requests.length;
    assert.deepEqual(await kafka.send(...valuesOf(3)), delivered);
    assert.deepEqual(sent(kafka).slice(before), [
      [1, 4, 2],
      [1, 6, 1],
    ]);
  });

  it('is tried as a whole again after metadata.maxAge, as the limit may be another then', async (t) => {
    const kafka = await fakeKafka(t, { metadataMaxAgeMs: 50 });
    const { transport, send } = kafka;
    transport.mostRecords = 2;
    await send(...valuesOf(4));
    transport.mostRecords = 4;
    const tried = monotonicMs();
    await waitFor('the age', () => monotonicMs() > tried + 50);
    assert.deepEqual(await send(...valuesOf(4)), delivered);
    assert.deepEqual(sent(kafka).at(-1), [1, 4, 4]);
  });

  it('has parts that are sent again with the same sequence, so that the broker recognises them', async (t) => {
    const kafka = await fakeKafka(t);
    kafka.transport.mostRecords = 2;
    kafka.transport.faults.push(NOTHING, NOTHING, 'lost_answer', 'never_written', 'lost_request');
    assert.deepEqual(await kafka.send(...valuesOf(4)), delivered);
    assert.deepEqual(kafka.transport.values, valuesOf(4));
    assert.deepEqual(kafka.duplicates, []);
  });

  it('has parts that take a new producer id from where they are', async (t) => {
    const kafka = await fakeKafka(t);
    kafka.transport.mostRecords = 2;
    kafka.transport.faults.push(NOTHING, NOTHING, { errors: { 0: 'OUT_OF_ORDER_SEQUENCE_NUMBER' } });
    assert.deepEqual(await kafka.send(...valuesOf(4)), delivered);
    assert.deepEqual(sent(kafka).slice(-2), [
      [1, 2, 2],
      [2, 0, 2],
    ]);
    assert.deepEqual(await kafka.send('next'), delivered);
    assert.deepEqual(sent(kafka).at(-1), [2, 2, 1]);
    assert.deepEqual(kafka.transport.values, [...valuesOf(4), 'next']);
  });

  it('is gone on with by a new shipper, from the part that was under way', async (t) => {
    const kafka = await fakeKafka(t);
    const { sink, pool, transport } = kafka;
    const slab = await takeWhenReady(kafka, valuesOf(5));
    transport.partitionLog(0).expectSequence(77n, 502);
    pool.set(slab, slabWord.PARTITION, 0);
    pool.setBig(slab, slabBig.PRODUCER_ID, 77n);
    pool.set(slab, slabWord.PRODUCER_EPOCH, 0);
    pool.set(slab, slabWord.BASE_SEQUENCE, 500);
    pool.set(slab, slabWord.PART, (2 << 16) | 2);
    pool.addFlag(slab, flag.ON_WIRE);
    assert.deepEqual(await sink.adopt(slab), delivered);
    assert.deepEqual(sent(kafka), [
      [77, 502, 2],
      [77, 504, 1],
    ]);
    assert.deepEqual(transport.values, ['v2', 'v3', 'v4']);
  });

  it('is rejected where a single record is, and nothing of it is unconfirmed', async (t) => {
    const kafka = await fakeKafka(t);
    kafka.transport.mostRecords = 0;
    const slab = await takeWhenReady(kafka, valuesOf(4));
    assert.deepEqual(await kafka.sink.send(slab), rejected);
    assert.equal(kafka.pool.hasFlag(slab, flag.ON_WIRE), false);
    assert.match(kafka.sink.status.lastError!, /MESSAGE_TOO_LARGE/);
  });

  it('is unconfirmed where parts of it are in the topic and a single record of the rest is too large', async (t) => {
    const kafka = await fakeKafka(t);
    kafka.transport.mostRecords = 2;
    kafka.transport.faults.push(NOTHING, NOTHING, TOO_LARGE, TOO_LARGE);
    const slab = await takeWhenReady(kafka, valuesOf(4));
    assert.deepEqual(await kafka.sink.send(slab), rejected);
    assert.equal(kafka.pool.hasFlag(slab, flag.ON_WIRE), true);
    assert.deepEqual(kafka.transport.values, valuesOf(2));
    assert.deepEqual(await kafka.send('next'), delivered);
    assert.deepEqual(kafka.transport.values, [...valuesOf(2), 'next']);
  });

  it('is not cut up when an earlier answer was lost: all of it may be in the topic', async (t) => {
    const kafka = await fakeKafka(t);
    kafka.transport.faults.push('lost_answer', TOO_LARGE);
    const slab = await takeWhenReady(kafka, valuesOf(4));
    assert.deepEqual(await kafka.sink.send(slab), rejected);
    assert.equal(kafka.pool.hasFlag(slab, flag.ON_WIRE), true);
    assert.deepEqual(kafka.transport.values, valuesOf(4));
  });

  it('without idempotence has no part that counts as sent twice', async (t) => {
    const kafka = await fakeKafka(t, { idempotence: 'off' });
    kafka.transport.mostRecords = 2;
    assert.deepEqual(await kafka.send(...valuesOf(4)), delivered);
    assert.deepEqual(kafka.transport.values, valuesOf(4));
    assert.deepEqual(kafka.duplicates, []);
  });
});
