/** The highest rate at which a server keeps a p99, with nothing dropped and everything accounted for: one load after another. */

import { whole, yesNo } from './format.ts';
import { LOWEST_RPS, RESOLUTION, searchRate } from './rate-search.ts';
import { reconcile } from './reconcile.ts';
import { accountsOf, type LoadtestReport } from './report.ts';
import { cleaningUp } from './run.ts';
import { sumOf } from './server-stats.ts';
import { type LoadtestRequest, Session } from './session.ts';
import { judge } from './verdict.ts';

/** A single hiccup of the machine is not the limit of a server: a rate does not hold when it fails so often in a row. */
const TRIES = 2;

/** One load of the search. */
export interface SearchStep {
  readonly rps: number;
  readonly achievedRps: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
  /** Null without an admin API. */
  readonly dropped: number | null;
  readonly generatorCpu: number;
  readonly generatorLimited: boolean;
  readonly holds: boolean;
  /** Why it does not hold. */
  readonly reasons: readonly string[];
}

/** The document that a search ends with. */
export interface SearchReport
  extends Pick<LoadtestReport, 'server' | 'topic' | 'overflow' | 'reconciled' | 'notes'> {
  readonly verdict: 'pass' | 'fail';
  readonly reasons: readonly string[];
  readonly run: string;
  readonly url: string;
  readonly connections: number;
  /** The highest rate that held; null when none did. */
  readonly maxRps: number | null;
  readonly p99LimitMs: number;
  readonly stepSeconds: number;
  readonly warmupSeconds: number;
  /** What the next higher rate failed by; null when the highest rate that is tried held. */
  readonly limit: string | null;
  readonly answered: number;
  /** In the order in which they were run. */
  readonly steps: readonly SearchStep[];
}

/** Runs the search; see `runLoadtest`. `onStep` is told of each load when it is over. */
export const findMaxRate = (
  request: LoadtestRequest & { readonly p99LimitMs: number },
  onStep: (step: SearchStep) => void,
): Promise<SearchReport> =>
  cleaningUp(request, async (cleanup) => {
    const { settings, p99LimitMs } = request;
    const session = await Session.open(request, cleanup);
    const steps: SearchStep[] = [];
    let answered = 0;

    const tryRate = async (rps: number): Promise<SearchStep> => {
      const { result } = await session.load(rps);
      const ledger = (await session.settle()) ?? null;
      answered += result.answered;
      const { reasons } = judge({
        rps,
        thresholds: { ...settings.thresholds, maxP99Ms: p99LimitMs },
        generator: result,
        ledger,
        // The records themselves are counted once, at the end.
        reconciliation: reconcile({ answered: result.answered, ledger, found: null }),
        incidents: [],
      });
      const step: SearchStep = {
        rps,
        achievedRps: result.achievedRps,
        p50Ms: result.latencyMs.p50,
        p99Ms: result.latencyMs.p99,
        failed: result.failed,
        dropped: ledger === null ? null : sumOf(ledger.dropped),
        generatorCpu: result.cpu,
        generatorLimited: result.generatorLimited,
        holds: reasons.length === 0,
        reasons,
      };
      steps.push(step);
      onStep(step);
      return step;
    };
    const maxRps = await searchRate(settings.rps!, async (rps) => {
      for (let tries = 1; tries <= TRIES; tries++) if ((await tryRate(rps)).holds) return true;
      return false;
    });

    const accounting = await session.account(answered);
    const reasons = [...accounting.reconciliation.reasons, ...accounting.incidents];
    if (maxRps === null) reasons.unshift(`No rate held, down to ${LOWEST_RPS} requests a second.`);
    const above = steps.filter(({ rps, holds }) => !holds && rps > (maxRps ?? 0));
    const next = above.toSorted((a, b) => a.rps - b.rps)[0];
    return {
      verdict: reasons.length === 0 ? 'pass' : 'fail',
      reasons,
      notes: [
        ...session.subject.notes,
        ...(next?.generatorLimited ? ['The load generator was the limit: the server may carry more.'] : []),
      ],
      run: session.run,
      url: session.subject.url,
      connections: settings.connections,
      maxRps,
      p99LimitMs,
      stepSeconds: settings.seconds,
      warmupSeconds: settings.warmupSeconds,
      limit: next === undefined ? null : next.reasons.join(' '),
      answered,
      steps,
      ...accountsOf(session.subject, { rssBytes: null }, accounting),
      reconciled: accounting.reconciled,
    };
  });

/** Heads and rows of the table of steps. */
export const stepHead = ['rate', 'reached', 'p50 ms', 'p99 ms', 'failed', 'dropped', 'holds'] as const;
export const stepRow = (step: SearchStep): string[] => [
  whole(step.rps),
  whole(step.achievedRps),
  step.p50Ms.toFixed(2),
  step.p99Ms.toFixed(2),
  whole(step.failed),
  step.dropped === null ? '-' : whole(step.dropped),
  step.holds ? 'yes' : `no: ${step.reasons[0]}`,
];

/** What is said under the table. */
export function searchRows(report: SearchReport): [label: string, text: string][] {
  const { maxRps, p99LimitMs, limit } = report;
  return [
    ['target', report.url],
    [
      'highest rate',
      maxRps === null
        ? 'none'
        : `${whole(maxRps)} requests a second keep a p99 of ${p99LimitMs} ms (to ${100 * RESOLUTION} %)`,
    ],
    ...(limit === null ? [] : [['above it', limit] satisfies [string, string]]),
    ['answered', whole(report.answered)],
    ['reconciled', yesNo(report.reconciled)],
  ];
}
