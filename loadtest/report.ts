/** The document that a load test ends with (`loadtest --json`), and its form for people. */
import type { GeneratorResult, TimelinePoint } from './generator-types.ts';
import type { Percentiles } from './latency.ts';
import type { RecordPlaceKind } from './record-place.ts';
import type { Found } from './record-tally.ts';
import type { MemoryUse } from './run.ts';
import { type RunLedger, sumOf } from './server-stats.ts';
import type { LoadtestSettings } from './settings.ts';
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
  readonly url: string;
  /** Asked for; null with --max. */
  readonly rps: number | null;
  readonly durationSeconds: number;
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
  readonly reconciled: boolean | null;
  readonly timeline: readonly TimelinePoint[];
}

/** What a report is made of. */
export interface ReportParts extends Verdict {
  readonly run: string;
  readonly settings: LoadtestSettings;
  readonly subject: Subject;
  readonly result: GeneratorResult;
  readonly ledger: RunLedger | undefined;
  readonly found: Found | undefined;
  readonly reconciled: boolean | null;
  readonly memory: MemoryUse | null;
  readonly drainSeconds: number | null;
}

/** The document of a finished run. */
export function buildReport(parts: ReportParts): LoadtestReport {
  const { settings, subject, result, ledger, found } = parts;
  const notes = [...subject.notes];
  if (settings.max && result.generatorLimited) {
    notes.push(`The load generator was the limit: ${result.limitedReason}.`);
  }
  if (found?.duplicates) {
    notes.push(`${whole(found.duplicates)} records are there more than once; each was counted once.`);
  }
  return {
    verdict: parts.verdict,
    reasons: parts.reasons,
    notes,
    run: parts.run,
    url: subject.url,
    rps: settings.rps ?? null,
    durationSeconds: settings.seconds,
    connections: result.connections,
    sent: result.sent,
    answered: result.answered,
    failed: result.failed,
    failures: result.failures,
    statuses: result.statuses,
    achievedRps: result.achievedRps,
    elapsedSeconds: result.elapsedSeconds,
    latencyMs: result.latencyMs,
    spacingErrorMs: result.spacingErrorMs,
    generatorLimited: result.generatorLimited,
    generator: {
      cpu: result.cpu,
      limited: result.generatorLimited,
      reason: result.limitedReason,
      loopLagMs: result.loopLagMs,
    },
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
            rssBytes: parts.memory,
            drainSeconds: parts.drainSeconds,
          },
    topic:
      subject.place === undefined
        ? null
        : {
            kind: subject.place.kind,
            name: subject.place.name,
            temporary: subject.server !== undefined,
            found: found?.found ?? null,
            duplicates: found?.duplicates ?? null,
          },
    reconciled: parts.reconciled,
    timeline: result.timeline,
  };
}

const whole = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 0 });
const tenths = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 1 });
const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ms`;
const mebibytes = (value: number): string => `${tenths(value / 2 ** 20)} MiB`;

/** The report as rows of a label and what is to say; an empty label continues the row above. */
export function reportRows(report: LoadtestReport): [label: string, text: string][] {
  const { latencyMs, generator, spacingErrorMs, server, topic } = report;
  const asked = report.rps === null ? 'as fast as it goes' : `${whole(report.rps)} requests a second`;
  const rows: [string, string][] = [
    ['load', `${asked} for ${tenths(report.durationSeconds)} s on ${report.connections} connections`],
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
  rows.push(['reconciled', report.reconciled === null ? 'not known' : report.reconciled ? 'yes' : 'no']);
  return rows;
}

const list = (counts: Readonly<Record<string, number>>): [string, string][] =>
  Object.entries(counts).map(([name, count]) => ['', `${whole(count)} ${name}`]);
