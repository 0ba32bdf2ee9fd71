/** The verdict of a run, and the sentences that say why it is not a pass. */
import type { GeneratorResult } from './generator-types.ts';
import type { Reconciliation } from './reconcile.ts';
import { type RunLedger, sumOf } from './server-stats.ts';
import type { Thresholds } from './settings.ts';

/** The least part of the asked rate that counts as reached. */
const RATE_REACHED = 0.99;

export interface RunOutcome {
  /** Null when it was as fast as it goes. */
  readonly rps: number | null;
  readonly thresholds: Thresholds;
  readonly generator: GeneratorResult;
  /** Null without an admin API. */
  readonly ledger: RunLedger | null;
  readonly reconciliation: Reconciliation;
  /** What else went wrong, in whole sentences. */
  readonly incidents: readonly string[];
}

export interface Verdict {
  readonly verdict: 'pass' | 'fail';
  /** Why it failed; empty for a pass. */
  readonly reasons: readonly string[];
}

const show = (count: number): string => count.toLocaleString('en-US', { maximumFractionDigits: 1 });

/** `{a: 1, b: 2}` -> "2 b, 1 a". */
const list = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${show(count)} ${name}`)
    .join(', ');

/** Judges a run: every answer as expected, at the rate asked for, and every record accounted for. */
export function judge(outcome: RunOutcome): Verdict {
  const { rps, thresholds, generator, ledger, reconciliation, incidents } = outcome;
  const { maxP99Ms, maxDrop, minRps } = thresholds;
  const reasons: string[] = [];
  if (minRps !== undefined && generator.achievedRps < minRps) {
    reasons.push(
      `${show(generator.achievedRps)} answers a second were reached, and at least ${show(minRps)} are wanted.`,
    );
  }
  if (minRps === undefined && rps !== null && generator.achievedRps < RATE_REACHED * rps) {
    reasons.push(
      `${show(generator.achievedRps)} answers a second were reached of the ${show(rps)} asked for (${show((100 * generator.achievedRps) / rps)} %).`,
    );
  }
  if (rps !== null && generator.generatorLimited) {
    reasons.push(`The load generator itself could not keep up: ${generator.limitedReason}.`);
  }
  if (generator.failed > 0) {
    reasons.push(
      `${show(generator.failed)} of ${show(generator.scheduled)} requests failed: ${list(generator.failures)}.`,
    );
  }
  const { p99 } = generator.latencyMs;
  if (maxP99Ms !== undefined && p99 > maxP99Ms) {
    reasons.push(`The p99 of the latency was ${show(p99)} ms, and at most ${show(maxP99Ms)} ms is wanted.`);
  }
  if (generator.answered === 0) reasons.push('Not one request was answered.');
  const dropped = ledger === null ? 0 : sumOf(ledger.dropped);
  if (ledger !== null && dropped > maxDrop * ledger.offered) {
    const allowed = maxDrop === 0 ? '' : `, and at most ${show(Math.floor(maxDrop * ledger.offered))} may be`;
    reasons.push(
      `The server dropped ${show(dropped)} of ${show(ledger.offered)} records: ${list(ledger.dropped)}${allowed}.`,
    );
  }
  reasons.push(...reconciliation.reasons, ...incidents);
  return { verdict: reasons.length === 0 ? 'pass' : 'fail', reasons };
}
