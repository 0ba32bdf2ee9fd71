import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byAutocannon, ours, type ProofLoad } from '../../loadtest/proof/generators.ts';
import { idealLatencies, percentileOf } from '../../loadtest/proof/ideal.ts';
import { startKnownServer } from '../../loadtest/proof/known-server.ts';
import { evenSchedule } from '../../loadtest/schedule.ts';

/** A third of the run: far longer than a busy machine keeps a process waiting. */
const KNOWN = { serviceMs: 20, stall: { everyMs: 6000, forMs: 2000 } };
/**
 * Of the computed percentiles, which are of one to two seconds: the scheduler of a machine that does much else may keep each of the two
 * processes from its turn for a tenth of a second or two.
 */
const TOLERANCE = 0.25;

test('a known stall is reported as it was by the open loop, and missed by a closed one', async () => {
  const [first, second] = await Promise.all([startKnownServer(), startKnownServer()]);
  try {
    const load = (url: string, connections: number): ProofLoad => ({ url, rps: 50, seconds: 6, connections });
    await Promise.all([first.become(KNOWN), second.become(KNOWN)]);
    const [reported, closed] = await Promise.all([
      ours(load(first.url, 50), 'even'),
      byAutocannon(load(second.url, 2), false),
    ]);
    const sorted = idealLatencies(evenSchedule([{ rps: 50, seconds: 6 }]), 50, KNOWN).sort((a, b) => a - b);
    for (const [name, percent] of [
      ['p90', 90],
      ['p99', 99],
      ['p999', 99.9],
    ] as const) {
      const ratio = reported[name] / percentileOf(sorted, percent);
      assert.ok(
        Math.abs(ratio - 1) <= TOLERANCE,
        `${name}: ${reported[name]} ms, ${ratio} of what is computed`,
      );
    }
    const missed = closed.p90 / percentileOf(sorted, 90);
    assert.ok(missed < 0.5, `autocannon's p90 is ${missed} of what is computed`);
    const arrivals = await first.arrivals();
    assert.equal(arrivals.length, 300, 'the server saw every request');
  } finally {
    first.stop();
    second.stop();
  }
});
