import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { FateHold } from '../../../src/telemetry/fate-hold.ts';
import type { BatchFate } from '../../../src/telemetry/notes.ts';

const fate = (slab: number): BatchFate => ({
  slab,
  generation: 1,
  records: 1,
  topic: 0,
  traced: true,
  openedTime: 0,
  takenTime: 0,
  outcome: { kind: 'delivered' },
  place: undefined,
  time: 0,
});

/** Millisecond by millisecond: a timer that a timer sets begins when that one fires. */
function pass(ms: number): void {
  for (let at = 0; at < ms; at++) mock.timers.tick(1);
}

describe('the fate of a batch', () => {
  let released: number[] = [];
  let hold: FateHold;
  afterEach(() => mock.timers.reset());
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
    released = [];
    hold = new FateHold(({ slab }) => released.push(slab));
  });

  it('is held for longer than 200 ms and shorter than 400, whenever it comes', () => {
    hold.add(fate(1), 'kafka');
    pass(199);
    hold.add(fate(2), 'kafka');
    pass(200);
    assert.deepEqual(released, []);
    pass(1);
    assert.deepEqual(released, [1, 2]);
  });

  it('of one turn goes before those of the next', () => {
    hold.add(fate(1), 'kafka');
    pass(250);
    hold.add(fate(2), 'kafka');
    pass(150);
    assert.deepEqual(released, [1]);
    pass(200);
    assert.deepEqual(released, [1, 2]);
  });

  it('is let go at the end, oldest first, and not again', () => {
    hold.add(fate(1), 'kafka');
    pass(250);
    hold.add(fate(2), undefined);
    hold.flush();
    assert.deepEqual(released, [1, 2]);
    pass(1000);
    assert.deepEqual(released, [1, 2]);
  });
});
