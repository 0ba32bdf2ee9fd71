/** The document that a load test ends with (`loadtest --json`), and its form for people. */
import { mebibytes, ms, tenths, whole, yesNo } from './format.ts';
import type { GeneratorResult, TimelinePoint } from './generator-types.ts';
import type { PercentilePoint, Percentiles } from './latency.ts';
import { type FoundInSpool, foundWhere, inSpoolAlone } from './reconcile.ts';
import type { RecordPlaceKind } from './record-place.ts';
import type { Arrivals } from './schedule.ts';
import { sumOf } from './server-stats.ts';
import type { MemoryUse, ServerSample } from './server-watch.ts';
import type { Accounting, Load, ReportedCase } from './session.ts';
import type { LoadtestSettings, Thresholds } from './settings.ts';
import type { Subject } from './subject.ts';
import type { Verdict } from './verdict.ts';

/** All figures are of this run alone. Fields are added freely, never changed. */
export interface LoadtestReport {
  readonly verdict: 'pass' | 'fail';
  /** Why it failed: sentences with numbers. */
  readonly reasons: readonly string[];
  /** What the reader should know and that fails nothing. */
  readonly notes: readonly string[];
  readonly run: string;
  /** Null unless it was a case. */
  readonly case: ReportedCase | null;
  readonly url: string;
  /** Asked for; null with --max. */
  readonly rps: number | null;
  readonly durationSeconds: number;
  /** Before that: in the counts, not in the latencies. */
  readonly warmupSeconds: number;
  /** Null with --max. */
  readonly arrivals: Arrivals | null;
  readonly seed: number;
  readonly thresholds: Thresholds;
  readonly connections: number;
  readonly sent: number;
  /** Whole answers, of any status. */
  readonly answered: number;
  /** Without an answer in time, or with one of a wrong status. */
  readonly failed: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly statuses: Readonly<Record<string, number>>;
  readonly achievedRps: number;
  readonly elapsedSeconds: number;
  /** From the moment at which a request was due; with --max from when it was sent. */
  readonly latencyMs: Percentiles;
  readonly latencyDistribution: readonly PercentilePoint[];
  /** How many answers the latencies are of. */
  readonly measured: number;
  readonly spacingErrorMs: GeneratorResult['spacingErrorMs'];
  readonly generatorLimited: boolean;
  readonly generator: {
    readonly cpu: number;
    readonly limited: boolean;
    readonly reason: string | null;
    readonly loopLagMs: GeneratorResult['loopLagMs'];
  };
  /** Null without an admin API. */
  readonly server: {
    readonly offered: number;
    readonly delivered: number;
    readonly dropped: Readonly<Record<string, number>>;
    readonly spooled: number;
    readonly unconfirmed: number;
    readonly queued: number;
    readonly inFlight: number;
    /** Of a server that the load test started itself. */
    readonly rssBytes: MemoryUse | null;
    readonly drainSeconds: number | null;
  } | null;
  /** Where the records were looked for; `found` is null when that failed. */
  readonly topic: {
    readonly kind: RecordPlaceKind;
    readonly name: string;
    readonly temporary: boolean;
    readonly found: number | null;
    readonly duplicates: number | null;
  } | null;
  /** Records of the run in the spool beside the topic; null where there is none, or it was not looked into. */
  readonly overflow: FoundInSpool | null;
  readonly reconciled: boolean | null;
  readonly timeline: readonly TimelinePoint[];
  /** What the server counted meanwhile; empty without an admin API. */
  readonly serverTimeline: readonly ServerSample[];
}

/** What a report is made of. */
export interface ReportParts {
  readonly verdict: Verdict;
  readonly run: string;
  readonly case: ReportedCase | undefined;
  readonly subject: Subject;
  readonly settings: LoadtestSettings;
  readonly load: Load;
  readonly accounting: Accounting;
}

/** The document of a finished run. */
export function buildReport(parts: ReportParts): LoadtestReport {
  const { settings, subject, load, accounting } = parts;
  const { result } = load;
  const { found } = accounting;
  const notes = [...subject.notes];
  if (settings.max && result.generatorLimited) {
    notes.push(`The load generator was the limit: ${result.limitedReason}.`);
  }
  if (found?.duplicates) {
    notes.push(`${whole(found.duplicates)} records are there more than once; each was counted once.`);
  }
  return {
    ...parts.verdict,
    notes,
    run: parts.run,
    case: parts.case ?? null,
    url: subject.url,
    rps: settings.rps ?? null,
    durationSeconds: settings.seconds,
    warmupSeconds: settings.warmupSeconds,
    arrivals: settings.max ? null : settings.arrivals,
    seed: settings.seed,
    thresholds: settings.thresholds,
    connections: result.connections,
    sent: result.sent,
    answered: result.answered,
    failed: result.failed,
    failures: result.failures,
    statuses: result.statuses,
    achievedRps: result.achievedRps,
    elapsedSeconds: result.elapsedSeconds,
    latencyMs: result.latencyMs,
    latencyDistribution: result.latencyDistribution,
    measured: result.measured,
    spacingErrorMs: result.spacingErrorMs,
    generatorLimited: result.generatorLimited,
    generator: {
      cpu: result.cpu,
      limited: result.generatorLimited,
      reason: result.limitedReason,
      loopLagMs: result.loopLagMs,
    },
    ...accountsOf(subject, load, accounting),
    reconciled: accounting.reconciled,
    timeline: result.timeline,
    serverTimeline: load.samples,
  };
}

/** The server's and the topic's part of a document. */
export function accountsOf(
  { place, server }: Subject,
  { rssBytes }: Pick<Load, 'rssBytes'>,
  { ledger, found, foundInSpool, rssAfter, drainSeconds }: Accounting,
): Pick<LoadtestReport, 'server' | 'topic' | 'overflow'> {
  const memory = rssBytes === null || rssAfter === null ? null : { ...rssBytes, after: rssAfter };
  return {
    server:
      ledger === undefined
        ? null
        : {
            offered: ledger.offered,
            delivered: ledger.delivered,
            dropped: ledger.dropped,
            spooled: ledger.spooled,
            unconfirmed: ledger.unconfirmed,
            queued: ledger.queued,
            inFlight: ledger.inFlight,
            rssBytes: memory,
            drainSeconds,
          },
    topic:
      place === undefined
        ? null
        : {
            kind: place.kind,
            name: place.name,
            temporary: server !== undefined,
            found: found?.found ?? null,
            duplicates: found?.duplicates ?? null,
          },
    overflow: foundInSpool,
  };
}

/** The report as rows of a label and what is to say; an empty label continues the row above. */
export function reportRows(report: LoadtestReport): [label: string, text: string][] {
  const { latencyMs, generator, spacingErrorMs, server, topic, overflow } = report;
  const asked = report.rps === null ? 'as fast as it goes' : `${whole(report.rps)} requests a second`;
  const spread =
    report.arrivals === 'poisson'
      ? ` at random (Poisson, seed ${report.seed})`
      : report.arrivals === 'even'
        ? ', evenly spread,'
        : '';
  const warmup = report.warmupSeconds === 0 ? '' : `, after ${tenths(report.warmupSeconds)} s of warm-up`;
  const rows: [string, string][] = [
    [
      'load',
      `${asked}${spread} for ${tenths(report.durationSeconds)} s on ${report.connections} connections${warmup}`,
    ],
    ['target', report.url],
    ['sent', whole(report.sent)],
    ['answered', `${whole(report.answered)} (${tenths(report.achievedRps)} a second)`],
    ['failed', whole(report.failed)],
    ...list(report.failures),
    [
      report.rps === null ? 'latency' : 'latency from due',
      `p50 ${ms(latencyMs.p50)}, p90 ${ms(latencyMs.p90)}, p99 ${ms(latencyMs.p99)}, p99.9 ${ms(latencyMs.p999)}, max ${ms(latencyMs.max)}`,
    ],
    [
      'generator',
      `${generator.cpu.toFixed(2)} cores${
        spacingErrorMs === null
          ? ''
          : `, sent late by p50 ${ms(spacingErrorMs.p50)}, p99 ${ms(spacingErrorMs.p99)}, max ${ms(spacingErrorMs.max)}`
      }${generator.limited ? ' (LIMITED)' : ''}`,
    ],
  ];
  if (server !== null) {
    rows.push(
      ['offered', whole(server.offered)],
      ['delivered', whole(server.delivered)],
      ['spooled', whole(server.spooled)],
      ['dropped', whole(sumOf(server.dropped))],
      ...list(server.dropped),
    );
    if (server.rssBytes !== null) {
      const { before, peak, after } = server.rssBytes;
      rows.push([
        'server memory',
        `${mebibytes(before)} before, ${mebibytes(peak)} peak, ${mebibytes(after)} after`,
      ]);
    }
    if (server.drainSeconds !== null) rows.push(['drain', `${tenths(server.drainSeconds)} s`]);
  }
  if (topic !== null) {
    const copies = topic.duplicates ? ` and ${whole(topic.duplicates)} duplicates` : '';
    const found = topic.found === null ? 'could not be counted' : `${whole(topic.found)} records${copies}`;
    const where =
      topic.kind === 'stdout'
        ? 'on its standard output'
        : `in ${topic.temporary ? 'temporary ' : ''}${topic.kind} ${topic.name}`;
    rows.push(['found', `${found} ${where}`]);
  }
  if (overflow !== null) {
    const { count, alsoInTopic } = overflow;
    rows.push([
      '',
      `${whole(count)} records in the spool${alsoInTopic ? `, ${whole(alsoInTopic)} of them in the topic too` : ''}`,
    ]);
  }
  const equation = accountsLine(report);
  rows.push(['reconciled', yesNo(report.reconciled) + (equation === undefined ? '' : `: ${equation}`)]);
  return rows;
}

/** Answers set against what was found and what was dropped; undefined where not all of it is known. */
function accountsLine({ answered, server, topic, overflow }: LoadtestReport): string | undefined {
  if (server === null || topic?.found == null) return undefined;
  const dropped = sumOf(server.dropped);
  const inSpool = inSpoolAlone(overflow);
  const left = answered - topic.found - inSpool - dropped;
  const parts = [
    `${whole(topic.found)} ${foundWhere[topic.kind]}`,
    ...(overflow === null ? [] : [`${whole(inSpool)} in the spool alone`]),
    `${whole(dropped)} dropped`,
    ...(left > 0 ? [`${whole(left)} unaccounted for`] : []),
  ];
  return `${whole(answered)} answered = ${parts.join(' + ')}${left < 0 ? ` - ${whole(-left)} that are in two of these` : ''}`;
}

const list = (counts: Readonly<Record<string, number>>): [string, string][] =>
  Object.entries(counts).map(([name, count]) => ['', `${whole(count)} ${name}`]);
