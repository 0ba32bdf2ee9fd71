import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seededRandom, weightedChoice } from '../../loadtest/random.ts';
import { evenSchedule as evenPhases, poissonSchedule } from '../../loadtest/schedule.ts';

const evenSchedule = (rps: number, seconds: number) => evenPhases([{ rps, seconds }]);

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

test('rates follow one another, each with its own requests', () => {
  const schedule = evenPhases([
    { rps: 10, seconds: 2 },
    { rps: 1000, seconds: 1 },
    { rps: 1, seconds: 3 },
  ]);
  assert.equal(schedule.total, 1023);
  assert.equal(schedule.dueAt(19), 1900);
  assert.equal(schedule.dueAt(20), 2000);
  assert.equal(schedule.dueAt(21), 2001);
  assert.equal(schedule.dueAt(1020), 3000);
  assert.equal(schedule.dueAt(1022), 5000);
  for (let i = 0; i < schedule.total; i++) assert.equal(schedule.dueBy(schedule.dueAt(i)), i + 1);
});

describe('Poisson arrivals', () => {
  const schedule = poissonSchedule([{ rps: 1000, seconds: 100 }], 7);
  const times = Array.from({ length: schedule.total }, (_, index) => schedule.dueAt(index));
  const gaps = times.slice(1).map((time, index) => time - times[index]!);

  test('are exactly rate x duration, in order, within the duration', () => {
    assert.equal(schedule.total, 100_000);
    assert.ok(gaps.every((gap) => gap >= 0));
    assert.ok(times[0]! > 0 && times.at(-1)! < 100_000);
  });

  test('have gaps that are exponentially distributed', () => {
    const sorted = gaps.toSorted((a, b) => a - b);
    // Kolmogorov-Smirnov: with 100,000 gaps the distance exceeds 0.0062 once in a thousand seeds.
    const distance = Math.max(
      ...sorted.map((gap, index) => Math.abs((index + 0.5) / sorted.length - (1 - Math.exp(-gap)))),
    );
    assert.ok(distance < 0.0062, `${distance}`);
  });

  test('count as due what is due', () => {
    assert.equal(schedule.dueBy(-1), 0);
    assert.equal(schedule.dueBy(1e9), schedule.total);
    for (const index of [0, 1, 500, 99_999]) {
      assert.equal(
        schedule.dueBy(schedule.dueAt(index)),
        times.filter((time) => time <= times[index]!).length,
      );
    }
  });

  test('are the same for the same seed, and others for another', () => {
    const dueAt = (seed: number) => poissonSchedule([{ rps: 10, seconds: 1 }], seed).dueAt(3);
    assert.equal(dueAt(7), dueAt(7));
    assert.notEqual(dueAt(7), dueAt(8));
  });

  test('of several rates keep to each of them', () => {
    const two = poissonSchedule(
      [
        { rps: 100, seconds: 1 },
        { rps: 1000, seconds: 1 },
      ],
      1,
    );
    assert.equal(two.dueBy(1000), 100);
    assert.equal(two.total, 1100);
  });

  test('that would not fit into memory are refused', () => {
    assert.throws(() => poissonSchedule([{ rps: 15_000, seconds: 3600 }], 1), {
      code: 'USAGE',
      message: /54,000,000.*--duration/,
    });
  });
});

test('kinds of requests are chosen by their weights', () => {
  const choose = weightedChoice([1, 0.5, 8.5], seededRandom(1));
  const counts = [0, 0, 0];
  for (let i = 0; i < 10_000; i++) counts[choose()]!++;
  // Five standard deviations of a binomial count.
  [0.1, 0.05, 0.85].forEach((share, index) => {
    const off = Math.abs(counts[index]! - 10_000 * share);
    assert.ok(off < 5 * Math.sqrt(10_000 * share * (1 - share)), `${counts}`);
  });
});
