/** One load test from beginning to end: server, place of the records, load, quiet, count, verdict, and all of it cleaned up. */
import { randomBytes } from 'node:crypto';
import type { LoadedConfig } from '../src/config.ts';
import { RedirectorError, reasonOf } from '../src/errors.ts';
import { Cleanup } from './cleanup.ts';
import { type Generator, startGenerator } from './generator-process.ts';
import type { GeneratorResult, Progress } from './generator-types.ts';
import { reconcile } from './reconcile.ts';
import type { Found } from './record-tally.ts';
import { buildReport, type LoadtestReport } from './report.ts';
import { serverIncidents } from './server-incidents.ts';
import type { ServerEnd } from './server-process.ts';
import { ledgerOfRun, type RunLedger, type ServerStats, sumOf } from './server-stats.ts';
import type { LoadtestSettings } from './settings.ts';
import { findSubject, type Subject } from './subject.ts';
import { userAgentOf } from './target.ts';
import { judge } from './verdict.ts';

/** The run so far, for a progress bar; queue and drops are null without an admin API. */
export interface LiveProgress extends Progress {
  readonly queued: number | null;
  readonly dropped: number | null;
}

/** Is told how the run goes on. */
export interface Watcher {
  phase(sentence: string): void;
  progress(progress: LiveProgress): void;
}

export interface LoadtestRequest {
  readonly settings: LoadtestSettings;
  readonly loaded: LoadedConfig;
  readonly watcher: Watcher;
  /** Aborting it ends the run early: the promise rejects with its reason, after everything is cleaned up. */
  readonly signal: AbortSignal;
}

/** Memory of a server of our own over the run, in bytes. */
export interface MemoryUse {
  readonly before: number;
  readonly peak: number;
  readonly after: number;
}

const STATS_POLL_MS = 1000;
const RSS_POLL_MS = 200;

/**
 * Runs a load test. What it made it removes, and what it started it stops, whatever happens.
 * @throws RedirectorError SERVER_UNREACHABLE, SERVER_DID_NOT_START, BROKERS_UNREACHABLE, KAFKA_REQUEST_FAILED, TOPIC_NOT_FOUND
 */
export async function runLoadtest(request: LoadtestRequest): Promise<LoadtestReport> {
  const cleanup = new Cleanup();
  let report: LoadtestReport;
  try {
    report = await measure(request, cleanup);
  } finally {
    request.watcher.phase('cleaning up');
    await cleanup.run();
  }
  return { ...report, notes: [...report.notes, ...cleanup.problems] };
}

async function measure(request: LoadtestRequest, cleanup: Cleanup): Promise<LoadtestReport> {
  const { settings, loaded, watcher, signal } = request;
  // Time-ordered and unlike that of any run started at the same time.
  const run = `${Date.now().toString(36)}${randomBytes(3).toString('hex')}`;
  const phase = (sentence: string): void => watcher.phase(sentence);
  const subject = await findSubject({ run, settings, loaded, cleanup, signal, phase });

  const generator = await startGenerator({
    url: subject.url,
    userAgent: userAgentOf(run),
    rps: settings.rps ?? 'max',
    durationSeconds: settings.seconds,
    connections: settings.connections,
    expect: settings.expect,
    answerTimeoutMs: settings.answerTimeoutMs,
    trace: settings.trace,
  });
  cleanup.add('stop the load generator', () => generator.stop());
  signal.throwIfAborted();
  phase('sending requests');
  const { result, rssBytes } = await underLoad(generator, subject, watcher, signal);

  const incidents: string[] = [];
  const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      const known = error instanceof RedirectorError ? error.message : `${reasonOf(error)}.`;
      incidents.push(`${what}: ${known}`);
      return undefined;
    }
  };
  let ledger: RunLedger | undefined;
  const { admin, before, server, place } = subject;
  if (admin !== undefined && before !== undefined) {
    phase('waiting until the queue is quiet');
    const after = await attempt("The server's counts could not be read after the run", () =>
      admin.whenQuiet(settings.quietTimeoutMs, signal),
    );
    if (after !== undefined) ledger = ledgerOfRun(before, after);
  }
  const rssAfter = server?.rssBytes() ?? null;
  let end: ServerEnd | undefined;
  if (server !== undefined) {
    const early = server.ended() !== undefined;
    phase('stopping the server');
    end = await server.stop();
    incidents.push(...serverIncidents(end, ledger, early));
  }
  let found: Found | undefined;
  if (place !== undefined) {
    phase(`counting the records in ${place.kind === 'topic' ? 'topic ' : ''}${place.name}`);
    found = await attempt(`The records in ${place.name} could not be counted`, () =>
      unlessAborted(signal, place.count()),
    );
  }

  const reconciliation = reconcile({
    answered: result.answered,
    ledger: ledger ?? null,
    found: place === undefined || found === undefined ? null : { kind: place.kind, count: found.found },
  });
  // Whom we could ask before the run and not after it, we cannot say to agree.
  const lost = (admin !== undefined && ledger === undefined) || (place !== undefined && found === undefined);
  const reconciled = lost ? false : reconciliation.reconciled;
  const { verdict, reasons } = judge({
    rps: settings.rps ?? null,
    generator: result,
    ledger: ledger ?? null,
    reconciliation,
    incidents,
  });
  return buildReport({
    verdict,
    reasons,
    run,
    settings,
    subject,
    result,
    ledger,
    found,
    reconciled,
    memory: rssBytes === null || rssAfter === null ? null : { ...rssBytes, after: rssAfter },
    drainSeconds: end?.shutdown?.drainSeconds ?? null,
  });
}

/** Lets the generator run, and looks at the server meanwhile: its counts for the watcher, its memory for the report. */
async function underLoad(
  generator: Generator,
  subject: Subject,
  watcher: Watcher,
  signal: AbortSignal,
): Promise<{ result: GeneratorResult; rssBytes: Omit<MemoryUse, 'after'> | null }> {
  const { admin, before, server } = subject;
  let latest: ServerStats | undefined;
  const rssBefore = server?.rssBytes() ?? null;
  let peak = rssBefore ?? 0;
  const memory = setInterval(() => {
    peak = Math.max(peak, server?.rssBytes() ?? 0);
  }, RSS_POLL_MS);
  const stats = setInterval(() => {
    // A reading that fails is no news here: the one after the run is what counts.
    admin?.stats().then(
      (reading) => {
        latest = reading;
      },
      () => {},
    );
  }, STATS_POLL_MS);
  try {
    const result = await unlessAborted(
      signal,
      generator.run((progress) => {
        const known = before !== undefined && latest !== undefined;
        watcher.progress({
          ...progress,
          queued: known ? latest!.ledger.queued + latest!.ledger.inFlight : null,
          dropped: known ? sumOf(ledgerOfRun(before, latest!).dropped) : null,
        });
      }),
    );
    return { result, rssBytes: rssBefore === null ? null : { before: rssBefore, peak } };
  } finally {
    clearInterval(memory);
    clearInterval(stats);
  }
}

/** `promise`, or the rejection with the signal's reason as soon as it is aborted. */
async function unlessAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  promise.catch(() => {}); // it may fail after nobody waits for it any more
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
