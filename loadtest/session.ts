/**
 * A server under test, from when it is found or started until its records are counted: it takes one load or several, and
 * tells what became of all their records.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { LoadedConfig } from '../src/config.ts';
import { RedirectorError, reasonOf } from '../src/errors.ts';
import type { Cleanup } from './cleanup.ts';
import { startGenerator } from './generator-process.ts';
import type { GeneratorResult, Progress } from './generator-types.ts';
import { type FoundInSpool, type Reconciliation, reconcile } from './reconcile.ts';
import type { RecordPlace } from './record-place.ts';
import type { Found, RecordTally } from './record-tally.ts';
import { serverIncidents } from './server-incidents.ts';
import type { ServerEnd } from './server-process.ts';
import { ledgerOfRun, type RunLedger, type ServerStats } from './server-stats.ts';
import { type MemoryUse, type ServerSample, watchServer } from './server-watch.ts';
import type { LoadtestSettings } from './settings.ts';
import { findSubject, type Subject } from './subject.ts';
import { userAgentOf } from './target.ts';

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
  /** What is done to the broker under load; begun with the first request, and awaited. */
  readonly during?: ((signal: AbortSignal) => Promise<void>) | undefined;
  /** More of the environment of a server that is started. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** The case that this is a run of, for the report. */
  readonly case?: ReportedCase | undefined;
}

/** A case, as a report tells of it. */
export interface ReportedCase {
  readonly name: string;
  readonly version: number;
  /** Its length against what the file says; 1 unless --duration was given. */
  readonly scale: number;
  /** In seconds after the first request. */
  readonly faults: readonly { readonly second: number; readonly what: string }[];
}

/** A load that is over. */
export interface Load {
  readonly result: GeneratorResult;
  readonly samples: readonly ServerSample[];
  readonly rssBytes: Omit<MemoryUse, 'after'> | null;
}

/** What became of the records. */
export interface Accounting {
  readonly ledger: RunLedger | undefined;
  readonly found: Found | undefined;
  /** In the spool beside the topic; null where there is none, or it holds nothing. */
  readonly foundInSpool: FoundInSpool | null;
  readonly reconciliation: Reconciliation;
  readonly reconciled: boolean | null;
  /** Sentences on what went wrong meanwhile. */
  readonly incidents: readonly string[];
  readonly rssAfter: number | null;
  readonly drainSeconds: number | null;
}

export class Session {
  readonly run: string;
  readonly subject: Subject;
  readonly #request: LoadtestRequest;
  readonly #cleanup: Cleanup;
  readonly #incidents: string[] = [];
  /** The server's counts since the session began, and the reading that they were made of. */
  #ledger: RunLedger | undefined;
  #lastReading: ServerStats | undefined;

  /** Finds or starts the server; what it makes and starts is in `cleanup`. */
  static async open(request: LoadtestRequest, cleanup: Cleanup): Promise<Session> {
    const { settings, loaded, watcher, signal, env } = request;
    // Time-ordered and unlike that of any run started at the same time.
    const run = `${Date.now().toString(36)}${randomBytes(3).toString('hex')}`;
    const phase = (sentence: string): void => watcher.phase(sentence);
    const subject = await findSubject({ run, settings, loaded, cleanup, signal, phase, env });
    return new Session(run, subject, request, cleanup);
  }

  constructor(run: string, subject: Subject, request: LoadtestRequest, cleanup: Cleanup) {
    this.run = run;
    this.subject = subject;
    this.#request = request;
    this.#cleanup = cleanup;
  }

  /** Sends what the settings ask for, at another rate if one is given, and resolves when all is answered or given up. */
  async load(rps: number | 'max' = this.#request.settings.rps ?? 'max'): Promise<Load> {
    const { settings, watcher, signal, during } = this.#request;
    const { url, admin, server, before } = this.subject;
    const generator = await startGenerator({
      url,
      userAgent: userAgentOf(this.run),
      rps,
      durationSeconds: settings.seconds,
      phases: settings.phases,
      arrivals: settings.arrivals,
      seed: settings.seed,
      warmupSeconds: settings.warmupSeconds,
      requests: settings.requests,
      connections: settings.connections,
      expect: settings.expect,
      answerTimeoutMs: settings.answerTimeoutMs,
      trace: settings.trace,
    });
    this.#cleanup.add('stop the load generator', () => generator.stop());
    signal.throwIfAborted();
    watcher.phase('sending requests');
    const watch = watchServer(admin, before, () => server?.rssBytes() ?? null);
    try {
      const doing = during?.(signal);
      doing?.catch(() => {}); // it may fail long before it is awaited
      const result = await unlessAborted(
        signal,
        generator.run((progress) => {
          const { queued, dropped } = watch.latest() ?? { queued: null, dropped: null };
          watcher.progress({ ...progress, queued, dropped });
        }),
      );
      if (doing !== undefined) await this.#attempt('A fault could not be made', () => doing);
      return { result, samples: watch.samples, rssBytes: watch.rssBytes() };
    } finally {
      watch.stop();
      generator.stop();
    }
  }

  /** Waits until the server's queue is quiet, and gives its counts since it was so last; undefined where nobody tells. */
  async settle(): Promise<RunLedger | undefined> {
    const { admin, before, server } = this.subject;
    if (admin === undefined || before === undefined) return undefined;
    const { settings, watcher, signal } = this.#request;
    watcher.phase('waiting until the queue is quiet');
    // What overflowed is on its way to the topic as well. Another's spool may hold more than we can wait for.
    const playsBack = server !== undefined && before.sink.kind === 'kafka';
    const after = await this.#attempt<ServerStats>(
      "The server's counts could not be read after the run",
      () => admin.whenQuiet(settings.quietTimeoutMs, signal, playsBack),
    );
    this.#ledger = after === undefined ? undefined : ledgerOfRun(before, after);
    const since = this.#lastReading ?? before;
    this.#lastReading = after;
    return after === undefined ? undefined : ledgerOfRun(since, after);
  }

  /** Stops a server of our own and counts the records; `answered` are the answers of all loads together. */
  async account(answered: number): Promise<Accounting> {
    const { watcher } = this.#request;
    const { admin, server, place, overflow } = this.subject;
    const ledger = this.#ledger;
    const rssAfter = server?.rssBytes() ?? null;
    let end: ServerEnd | undefined;
    if (server !== undefined) {
      const early = server.ended() !== undefined;
      watcher.phase('stopping the server');
      end = await server.stop();
      this.#incidents.push(...serverIncidents(end, ledger, early));
    }
    // The spool first: what is played back meanwhile is then found twice, and not missed.
    const inSpool = this.#spoolMayHold(overflow, ledger) ? await this.#count(overflow) : undefined;
    const tally = place === undefined ? undefined : await this.#count(place);
    const found = tally?.result();
    const foundInSpool =
      inSpool === undefined || tally === undefined
        ? null
        : { count: inSpool.result().found, alsoInTopic: inSpool.sharedWith(tally) };
    const reconciliation = reconcile({
      answered,
      ledger: ledger ?? null,
      found:
        place === undefined || found === undefined
          ? null
          : { kind: place.kind, count: found.found, spool: foundInSpool },
    });
    // Whom we could ask before the run and not after it, we cannot say to agree.
    const lost =
      (admin !== undefined && ledger === undefined) || (place !== undefined && found === undefined);
    return {
      ledger,
      found,
      foundInSpool,
      reconciliation,
      reconciled: lost ? false : reconciliation.reconciled,
      incidents: this.#incidents,
      rssAfter,
      drainSeconds: end?.shutdown?.drainSeconds ?? null,
    };
  }

  /** Whether there is a reason to look: the file is there, and is ours or holds something by its server's word. */
  #spoolMayHold(spool: RecordPlace | undefined, ledger: RunLedger | undefined): spool is RecordPlace {
    if (spool === undefined || !existsSync(spool.name)) return false;
    return this.subject.server !== undefined || (ledger?.spooledBefore ?? 0) + (ledger?.spooled ?? 0) > 0;
  }

  #count(place: RecordPlace): Promise<RecordTally | undefined> {
    const { watcher, signal } = this.#request;
    watcher.phase(`counting the records in ${place.kind === 'topic' ? 'topic ' : ''}${place.name}`);
    return this.#attempt(`The records in ${place.name} could not be counted`, () =>
      unlessAborted(signal, place.count()),
    );
  }

  async #attempt<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.#request.signal.throwIfAborted();
      const known = error instanceof RedirectorError ? error.message : `${reasonOf(error)}.`;
      this.#incidents.push(`${what}: ${known}`);
      return undefined;
    }
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
