import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SLAB_BYTES } from '../../../src/limits.ts';
import { allocateHighWater, HighWater, queueLevel } from '../../../src/server/queue/high-water.ts';
import { flag, owner, slabNumber } from '../../../src/server/queue/slab-layout.ts';
import { makeQueue, sealedSlab, valuesOf } from '../../support/queue-fixture.ts';

/** The beginning of a bucket of 30 s. */
const START = 30_000 * 100;

function setUp() {
  const queue = makeQueue();
  const memory = allocateHighWater(2);
  const marks = [0, 1].map((row) => new HighWater(memory, queue.pool, row));
  const fill = (count: number): number => {
    const slab = sealedSlab(queue, valuesOf(count));
    queue.pool.setNumber(slab, slabNumber.OPENED_AT, START - 5000);
    return slab;
  };
  const empty = (): void => {
    const slab = queue.pool.takeSealed(owner.SHIPPER);
    queue.pool.beginSettling(slab, owner.SHIPPER);
    queue.pool.free(slab, owner.SHIPPER);
  };
  return { queue, marks: marks as [HighWater, HighWater], fill, empty };
}

describe('the high-water mark', () => {
  it('shows a burst for 30 to 60 s, then what is there now', () => {
    const { marks, fill, empty } = setUp();
    fill(70);
    marks[0].observe(START + 1);
    empty();
    const burst = { bytes: SLAB_BYTES, records: 70, oldestAgeMs: 5001 };
    for (const ms of [2, 29_999, 30_000, 59_999]) assert.deepEqual(marks[1].read(START + ms), burst);
    assert.deepEqual(marks[1].read(START + 60_000), { bytes: 0, records: 0, oldestAgeMs: 0 });
  });

  it('keeps the most of each figure, over all writers, and no reader takes it away', () => {
    const { marks, fill, empty } = setUp();
    fill(10);
    marks[0].observe(START);
    fill(30);
    marks[1].observe(START);
    empty();
    marks[0].observe(START);
    for (let reader = 0; reader < 3; reader++) assert.equal(marks[0].read(START).records, 40);
    assert.equal(marks[0].read(START).bytes, 2 * SLAB_BYTES);
  });

  it('forgets a bucket when its time comes round again', () => {
    const { marks, fill, empty } = setUp();
    fill(50);
    marks[0].observe(START);
    empty();
    fill(3);
    marks[0].observe(START + 60_000);
    assert.equal(marks[0].read(START + 60_000).records, 3);
  });

  it('is never below what is there now', () => {
    const { marks, fill } = setUp();
    fill(5);
    assert.equal(marks[0].read(START).records, 5);
  });
});

describe('the level of the queue', () => {
  it('counts no records that the spool counts already', () => {
    const { queue, fill } = setUp();
    queue.pool.addFlag(fill(5), flag.REPLAYED);
    assert.deepEqual(queueLevel(queue.pool, START), { bytes: SLAB_BYTES, records: 0, oldestAgeMs: 0 });
  });
});
