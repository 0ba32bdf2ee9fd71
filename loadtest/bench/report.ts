import { arch, cpus, platform, release, totalmem } from 'node:os';
import process from 'node:process';
import type { BenchOptions, BenchRun, Outcome } from './run.ts';
import { overRounds, type RoundFigure, ratios, type Spread } from './statistics.ts';
import { cells, tableHeader, textTable } from './table.ts';

/** What differs from round to round, and to how many decimals it is told. */
const MEASURED = { cpuMicrosPerRequest: 2, rps: 0, p99Ms: 3, p999Ms: 3, peakRssBytes: 0 } as const;
type Measured = keyof typeof MEASURED;

/** The figures of one peer: medians over the rounds, and for what is lost the sum, which a median would hide. */
export interface Figures {
  name: string;
  /** Fields of each record that it leaves; 0 for a peer that keeps no log. */
  recordFields: number;
  /** Median, in microseconds of CPU time of all threads. */
  cpuMicrosPerRequest: number;
  /** Median. */
  rps: number;
  /** Median, in milliseconds. */
  p99Ms: number;
  /** Median, in milliseconds; null where the load tool does not tell it. */
  p999Ms: number | null;
  /** Sum; null for a peer that keeps no log. */
  recordsMissing: number | null;
  /** Sum of what the peer itself says it lost; null when it says nothing. */
  recordsDropped: number | null;
  /** Sum of what the collector took; null in a run without one. */
  spansReceived: number | null;
  /** Median, in bytes. */
  peakRssBytes: number;
  /** Sum of wrong answers and failed connections. */
  errors: number;
  spread: Record<Exclude<Measured, 'p999Ms'>, Spread> & { p999Ms: Spread | null };
  /** What the peer found of itself, by name. */
  own: Record<string, RoundFigure>;
}

/** What every bench prints with `--json`. */
export interface RunDocument {
  rounds: number;
  seconds: number;
  warmupSeconds: number;
  partitions: number;
  machine: string;
  load: string;
  notes: string[];
  results: (Figures | { name: string; unavailable: string })[];
}

/** What the bench of servers prints with `--json`. */
export interface BenchDocument extends RunDocument {
  /** CPU per request of Redirector against each other peer, `{"redirector/go": 0.72}`. */
  ratios: Record<string, number>;
}

/** Makes the document of a run over servers. */
export function benchDocument(options: BenchOptions, run: BenchRun): BenchDocument {
  const document = runDocument(options, run);
  const cpu = document.results.filter((result) => 'cpuMicrosPerRequest' in result);
  return {
    ...document,
    ratios: ratios('redirector', new Map(cpu.map((result) => [result.name, result.cpuMicrosPerRequest]))),
  };
}

/** What the documents of all runs have in common. */
export function runDocument(options: BenchOptions, run: BenchRun): RunDocument {
  const results = run.outcomes.map((outcome) => ('unavailable' in outcome ? outcome : figures(outcome)));
  return {
    rounds: options.rounds,
    seconds: options.seconds,
    warmupSeconds: options.warmupSeconds,
    partitions: options.partitions,
    machine: describeMachine(),
    load: run.load,
    notes: run.notes,
    results,
  };
}

/** Brings the samples of one peer, one a round, down to its figures. Throws RangeError without a sample. */
export function figures({ name, recordFields, samples }: Exclude<Outcome, { unavailable: string }>): Figures {
  const sum = (values: (number | null)[]) =>
    values.includes(null) ? null : values.reduce<number>((total, value) => total + (value ?? 0), 0);
  const measured = (key: Exclude<Measured, 'p999Ms'>) =>
    overRounds(
      samples.map((sample) => sample[key]),
      MEASURED[key],
    );
  const cpu = measured('cpuMicrosPerRequest');
  const rps = measured('rps');
  const p99 = measured('p99Ms');
  const rss = measured('peakRssBytes');
  const p999s = samples.map(({ p999Ms }) => p999Ms).filter((value) => value !== null);
  const p999 = p999s.length === samples.length ? overRounds(p999s, MEASURED.p999Ms) : null;
  const own = Object.keys(samples[0]?.own ?? {}).map((key) => [
    key,
    overRounds(
      samples.map((sample) => sample.own[key] ?? 0),
      2,
    ),
  ]);
  return {
    name,
    recordFields,
    cpuMicrosPerRequest: cpu.median,
    rps: rps.median,
    p99Ms: p99.median,
    p999Ms: p999?.median ?? null,
    recordsMissing: sum(samples.map((sample) => sample.recordsMissing)),
    recordsDropped: sum(samples.map((sample) => sample.recordsDropped)),
    spansReceived: sum(samples.map((sample) => sample.spansReceived)),
    peakRssBytes: rss.median,
    errors: samples.reduce((total, sample) => total + sample.errors, 0),
    spread: {
      cpuMicrosPerRequest: spreadOf(cpu),
      rps: spreadOf(rps),
      p99Ms: spreadOf(p99),
      p999Ms: p999 && spreadOf(p999),
      peakRssBytes: spreadOf(rss),
    },
    own: Object.fromEntries(own),
  };
}

const spreadOf = ({ min, max }: Spread): Spread => ({ min, max });

/** Processor, cores, memory, system and Node, in one line. */
function describeMachine(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() || arch();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `${model}, ${processors.length} cores, ${memory}, ${platform()} ${release()}, Node ${process.versions.node}`;
}

/** The document as lines for a terminal. */
export function formatBench(document: BenchDocument): string {
  const found = Object.entries(document.ratios).map(
    ([pair, ratio]) => `${pair}: ${ratio.toFixed(2)} of the CPU per request`,
  );
  return formatRun(document, found);
}

/** What is common to all runs, for a terminal, with the lines of what was found after the table. */
export function formatRun(document: RunDocument, found: readonly string[]): string {
  const header = tableHeader(document);
  const { rounds, seconds, warmupSeconds } = document;
  return [
    ...textTable(
      header,
      document.results.map((result) => cells(result, header)),
    ),
    '',
    ...found,
    `medians of ${rounds} rounds of ${seconds} s after ${warmupSeconds} s of warm-up; missing, dropped, errors, spans: sums`,
    `load: ${document.load}`,
    ...document.notes,
    document.machine,
    '',
  ].join('\n');
}
