import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flag } from '../../../src/server/queue/slab-layout.ts';
import { type FakeKafka, fakeKafka } from '../../support/fake-kafka-sink.ts';
import { waitFor } from '../../support/wait-for.ts';

const delivered = { kind: 'delivered' };

/** Deletes the topic and waits until the sink has seen that it is missing. */
async function deleteSeen({ sink, transport }: FakeKafka): Promise<void> {
  transport.deleteTopic();
  await waitFor('it to be missed', () => /does not exist/.test(sink.status.lastError ?? ''), {
    intervalMs: 1,
  });
}

const lastBatch = ({ transport }: FakeKafka) => transport.requests.at(-1)!.batches[0]!;

describe('a topic that is deleted and made again', () => {
  it('gets batches of a new producer id, from sequence 0', async (t) => {
    const kafka = await fakeKafka(t);
    await kafka.send('before');
    kafka.transport.faults.push({ errors: { 0: 'UNKNOWN_TOPIC_OR_PARTITION' } });
    const sending = kafka.send('a');
    await deleteSeen(kafka);
    assert.deepEqual(await sending, { kind: 'returned' }, 'it was refused: it may go anywhere');
    kafka.transport.makeTopic(1);
    for (const sequence of [0, 1]) {
      assert.deepEqual(await kafka.send('a'), delivered);
      assert.deepEqual([lastBatch(kafka).producerId, lastBatch(kafka).sequence], [2n, sequence]);
    }
    assert.deepEqual(kafka.duplicates, []);
  });

  it('gets a batch of unknown fate under its own id, counted once; the next has a new id', async (t) => {
    const kafka = await fakeKafka(t);
    await kafka.send('before');
    kafka.transport.deleteTopic();
    kafka.transport.faults.push('lost_answer');
    const sending = kafka.sink.send(kafka.take(['a', 'b']));
    await deleteSeen(kafka);
    kafka.transport.faults.push('lost_answer');
    kafka.transport.makeTopic(1);
    assert.deepEqual(await sending, delivered);
    assert.deepEqual([lastBatch(kafka).producerId, lastBatch(kafka).sequence], [1n, 1]);
    assert.deepEqual(kafka.duplicates, [2], 'the new topic recognises what is sent to it twice');
    assert.deepEqual(await kafka.send('c'), delivered);
    assert.deepEqual([lastBatch(kafka).producerId, lastBatch(kafka).sequence], [2n, 0]);
    assert.deepEqual(kafka.transport.partitionLog(0).values.slice(-1), ['c']);
  });

  it('unseen, is noticed by its offsets: a batch that was of unknown fate is counted', async (t) => {
    const kafka = await fakeKafka(t);
    await kafka.send('one', 'two');
    kafka.transport.faults.push('lost_answer');
    const sending = kafka.sink.send(kafka.take(['a']));
    await waitFor('the request', () => kafka.transport.requests.length === 2, { intervalMs: 1 });
    kafka.transport.deleteTopic();
    kafka.transport.makeTopic(1);
    assert.deepEqual(await sending, delivered);
    assert.deepEqual(kafka.duplicates, [1]);
  });

  it('with fewer partitions gets the batches of those that are gone in others, counted', async (t) => {
    const kafka = await fakeKafka(t, { partitions: 2 });
    const { sink, transport, pool, take } = kafka;
    await waitFor('two partitions', () => sink.ready() === 2);
    transport.faults.push('lost_answer');
    const slabs = [take(['a']), take(['b', 'c'])];
    const sending = slabs.map((slab) => sink.send(slab));
    await waitFor('the request', () => transport.requests.length === 1, { intervalMs: 1 });
    transport.deleteTopic();
    transport.makeTopic(1);
    assert.deepEqual(await Promise.all(sending), [delivered, { kind: 'returned' }]);
    assert.equal(pool.hasFlag(slabs[1]!, flag.ON_WIRE), false);
    assert.deepEqual(kafka.duplicates, [2]);
  });
});

describe('a batch that was refused', () => {
  it('goes to another partition when its own has lost its leader', async (t) => {
    const { sink, transport, take, duplicates } = await fakeKafka(t, { partitions: 2 });
    await waitFor('two partitions', () => sink.ready() === 2);
    transport.faults.push({ errors: { 0: 'NOT_LEADER_FOR_PARTITION' } });
    transport.leaders = new Map([
      [0, -1],
      [1, 1],
    ]);
    assert.deepEqual(await sink.send(take(['a'])), { kind: 'returned' });
    assert.deepEqual(duplicates, []);
  });
});
