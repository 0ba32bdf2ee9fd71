import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TimeHistogram } from '../../loadtest/latency.ts';
import { parseWrkPercentiles } from '../../loadtest/proof/generators.ts';
import { idealLatencies, percentileOf } from '../../loadtest/proof/ideal.ts';
import { spacingOf } from '../../loadtest/proof/spacing.ts';
import { evenSchedule, poissonSchedule } from '../../loadtest/schedule.ts';

const even = (rps: number, seconds: number) => evenSchedule([{ rps, seconds }]);

describe('the ideal open loop', () => {
  test('sees the service time of a server that never stalls', () => {
    const latencies = idealLatencies(even(100, 2), 4, { serviceMs: 20, stall: undefined });
    assert.ok(latencies.every((latency) => Math.abs(latency - 20) < 1e-9));
  });

  test('sees what is left of a stall, with connections enough: the percentiles have a closed form', () => {
    const server = { serviceMs: 0, stall: { everyMs: 10_000, forMs: 1000 } };
    const sorted = idealLatencies(even(1000, 10), 1100, server).sort((a, b) => a - b);
    // A tenth of the requests are due in the stall, and wait for 0 to 1000 ms, each as likely.
    for (const [percent, ms] of [
      [50, 0],
      [89, 0],
      [95, 500],
      [99, 900],
      [99.9, 990],
      [100, 1000],
    ] as const) {
      assert.ok(
        Math.abs(percentileOf(sorted, percent) - ms) <= 1,
        `p${percent}: ${percentileOf(sorted, percent)}`,
      );
    }
  });

  test('sees the queue for connections that a stall leaves behind', () => {
    const server = { serviceMs: 10, stall: { everyMs: 2000, forMs: 500 } };
    const few = idealLatencies(even(200, 2), 4, server);
    const many = idealLatencies(even(200, 2), 1000, server);
    assert.ok(Math.max(...few) <= 520, 'the first of a stall wait longest');
    const slow = (latencies: number[]): number => latencies.filter((latency) => latency > 10.5).length;
    // 4 connections of 10 ms answer 400 a second: the 100 that waited take as long again as the stall, half of the rate being new.
    assert.ok(slow(many) >= 100 && slow(many) <= 104, `${slow(many)}`);
    assert.ok(slow(few) > 180 && slow(few) <= 204, `${slow(few)}`);
  });
});

test('a percentile is the least value that so many are not above', () => {
  assert.equal(percentileOf([1, 2, 3, 4], 50), 2);
  assert.equal(percentileOf([1, 2, 3, 4], 51), 3);
  assert.equal(percentileOf([1, 2, 3, 4], 100), 4);
  assert.equal(percentileOf([], 50), 0);
});

describe('the spacing of requests', () => {
  const times = (schedule: { total: number; dueAt(index: number): number }): number[] =>
    Array.from({ length: schedule.total }, (_, index) => schedule.dueAt(index));

  test('is told apart: even, at random, in bursts', () => {
    const regular = spacingOf(times(even(1000, 5)));
    assert.ok(regular.variation < 1e-6);
    assert.ok(Math.abs(regular.busiestTenth - 0.1) < 0.01);
    const random = spacingOf(times(poissonSchedule([{ rps: 1000, seconds: 5 }], 3)));
    assert.ok(Math.abs(random.variation - 1) < 0.1, `${random.variation}`);
    const bursts = spacingOf(Array.from({ length: 5000 }, (_, index) => 1000 * Math.floor(index / 1000)));
    assert.equal(bursts.busiestTenth, 1);
  });
});

test('the percentiles of wrk are read', () => {
  const output = 'Requests/sec: 3\n50 1.500\n90 2.000\n99 30.250\n99.9 40.000\n100 50.125\n';
  assert.deepEqual(parseWrkPercentiles(output), { p50: 1.5, p90: 2, p99: 30.25, p999: 40, max: 50.125 });
});

test('the percentile plot of a histogram ends with its maximum, and each step halves what is left', () => {
  const histogram = new TimeHistogram();
  for (let ms = 1; ms <= 1000; ms++) histogram.record(ms);
  const points = histogram.distribution();
  assert.deepEqual(points.at(-1), { percentile: 100, ms: histogram.percentile(100) });
  for (const percent of [0, 50, 75, 87.5]) {
    assert.equal(points.find(({ percentile }) => percentile === percent)?.ms, histogram.percentile(percent));
  }
  assert.ok(points.every(({ ms }, index) => index === 0 || ms >= points[index - 1]!.ms));
  assert.ok(points.at(-2)!.percentile > 99.8);
});
