import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { evenSchedule } from '../../loadtest/schedule.ts';

test('a schedule has exactly rate x duration requests', () => {
  assert.equal(evenSchedule(15_000, 30).total, 450_000);
  assert.equal(evenSchedule(200, 0.5).total, 100);
  assert.equal(evenSchedule(3, 1 / 3).total, 1);
});

test('due times are evenly spread: each is 1 / rate after the one before, however long the run', () => {
  const schedule = evenSchedule(15_000, 3600);
  for (const index of [0, 1, 2, 14_999, 15_000, 30_000_000, schedule.total - 2]) {
    assert.ok(Math.abs(schedule.dueAt(index + 1) - schedule.dueAt(index) - 1000 / 15_000) < 1e-6);
  }
  assert.equal(schedule.dueAt(0), 0);
  assert.equal(schedule.dueAt(15_000 * 1800), 1_800_000);
});

test('no tenth of a second has more than its share of the requests', () => {
  const schedule = evenSchedule(997, 3);
  for (let tenth = 1; tenth < 30; tenth++) {
    const inIt = schedule.dueBy(tenth * 100 + 99.999) - schedule.dueBy(tenth * 100 - 0.001);
    assert.ok(inIt >= 99 && inIt <= 101, `${inIt} requests in tenth ${tenth}`);
  }
});

test('dueBy counts exactly the requests whose due time has come', () => {
  const cases = fc.record({
    rps: fc.integer({ min: 1, max: 200_000 }),
    seconds: fc.double({ min: 0.01, max: 100, noNaN: true }),
    index: fc.nat(),
  });
  fc.assert(
    fc.property(cases, ({ rps, seconds, index }) => {
      const schedule = evenSchedule(rps, seconds);
      const i = index % schedule.total;
      assert.equal(schedule.dueBy(schedule.dueAt(i)), i + 1);
      if (i > 0) assert.equal(schedule.dueBy(schedule.dueAt(i) - 0.0005), i);
    }),
  );
});

test('nothing is due before the start, and everything after the end', () => {
  const schedule = evenSchedule(10, 2);
  assert.equal(schedule.dueBy(-0.001), 0);
  assert.equal(schedule.dueBy(0), 1);
  assert.equal(schedule.dueBy(1e9), 20);
});

test('a rate or duration that is not a positive number is refused', () => {
  for (const bad of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => evenSchedule(bad, 1), RangeError);
    assert.throws(() => evenSchedule(1, bad), RangeError);
  }
});
