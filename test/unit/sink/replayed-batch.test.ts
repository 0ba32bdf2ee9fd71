import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flag, slabBig, slabWord } from '../../../src/server/queue/slab-layout.ts';
import { pinOfSlab, restorePin } from '../../../src/server/sink/spool-pin.ts';
import { type FakeKafka, fakeKafka } from '../../support/fake-kafka-sink.ts';
import { valuesOf } from '../../support/queue-fixture.ts';
import { waitFor } from '../../support/wait-for.ts';

const delivered = { kind: 'delivered' };

/** A slab as the spooler puts it into the queue, in the sink's hands. */
async function replayedSlab({ sink, pool, take }: FakeKafka, values: string[]): Promise<number> {
  await waitFor('the sink to be ready', () => sink.ready() > 0, { intervalMs: 1 });
  const slab = take(values);
  pool.addFlag(slab, flag.REPLAYED);
  return slab;
}

describe('a replayed batch', () => {
  it('that is recognised, with its offset of long ago, is not taken for a sign of a new topic', async (t) => {
    const kafka = await fakeKafka(t);
    const { sink, pool, transport } = kafka;
    for (const values of [['old'], ['old']]) {
      const slab = await replayedSlab(kafka, values);
      const pin = { partition: 0, producerId: 77n, producerEpoch: 0, baseSequence: 0, part: 0, time: 0 };
      restorePin(pool, slab, pin);
      assert.deepEqual(await sink.send(slab), delivered);
      assert.deepEqual(await kafka.send('live'), delivered);
    }
    assert.deepEqual(transport.values, ['old', 'live', 'live']);
    assert.deepEqual(kafka.duplicates, []);
  });

  it('that goes in parts has each part written into its row before that is sent', async (t) => {
    const kafka = await fakeKafka(t);
    const { sink, pool, transport } = kafka;
    transport.mostRecords = 2;
    const slab = await replayedSlab(kafka, valuesOf(4));
    const sending = sink.send(slab);
    const pinned: [part: number, sent: number][] = [];
    // What the spooler does.
    const spooler = setInterval(() => {
      if (!pool.hasFlag(slab, flag.PIN_WANTED) || pool.hasFlag(slab, flag.PINNED)) return;
      pinned.push([pinOfSlab(pool, slab)!.part, transport.requests.length]);
      pool.addFlag(slab, flag.PINNED);
      sink.poke();
    }, 1);
    t.after(() => clearInterval(spooler));
    assert.deepEqual(await sending, delivered);
    assert.deepEqual(transport.values, valuesOf(4));
    assert.deepEqual(pinned, [
      [0, 0],
      [2, 1],
      [(2 << 16) | 2, 2],
    ]);
    assert.equal(pool.get(slab, slabWord.PARTITION), 0);
    assert.notEqual(pool.big(slab, slabBig.PRODUCER_ID), -1n);
  });
});
