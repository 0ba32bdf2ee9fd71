import { arch, cpus, platform, release, totalmem } from 'node:os';
import process from 'node:process';
import type { Sample } from './measure.ts';
import type { BenchOptions, BenchRun } from './run.ts';
import { median, ratios, rounded, type Spread, spread } from './statistics.ts';

/** The figures of one peer: medians over the rounds, and for what is lost the sum, which a median would hide. */
export interface Figures {
  name: string;
  /** Median, in microseconds of CPU time of all threads. */
  cpuMicrosPerRequest: number;
  /** Median. */
  rps: number;
  /** Median, in milliseconds. */
  p99Ms: number;
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
  spread: Record<'cpuMicrosPerRequest' | 'rps' | 'p99Ms' | 'peakRssBytes', Spread>;
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
  const results = run.outcomes.map((outcome) =>
    'unavailable' in outcome ? outcome : figures(outcome.name, outcome.samples),
  );
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
export function figures(name: string, samples: readonly Sample[]): Figures {
  const all = (key: 'cpuMicrosPerRequest' | 'rps' | 'p99Ms' | 'peakRssBytes', decimals: number) => {
    const values = samples.map((sample) => rounded(sample[key], decimals));
    return { median: rounded(median(values), decimals), spread: spread(values) };
  };
  const sum = (values: (number | null)[]) =>
    values.includes(null) ? null : values.reduce<number>((total, value) => total + (value ?? 0), 0);
  const cpu = all('cpuMicrosPerRequest', 2);
  const rps = all('rps', 0);
  const p99 = all('p99Ms', 3);
  const rss = all('peakRssBytes', 0);
  return {
    name,
    cpuMicrosPerRequest: cpu.median,
    rps: rps.median,
    p99Ms: p99.median,
    recordsMissing: sum(samples.map((sample) => sample.recordsMissing)),
    recordsDropped: sum(samples.map((sample) => sample.recordsDropped)),
    spansReceived: sum(samples.map((sample) => sample.spansReceived)),
    peakRssBytes: rss.median,
    errors: samples.reduce((total, sample) => total + sample.errors, 0),
    spread: { cpuMicrosPerRequest: cpu.spread, rps: rps.spread, p99Ms: p99.spread, peakRssBytes: rss.spread },
  };
}

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
  const header = [
    '',
    'CPU us/request',
    '(min-max)',
    'rps',
    'p99 ms',
    'missing',
    'dropped',
    'errors',
    'spans',
    'peak MiB',
  ];
  const rows = document.results.map((result) => {
    if ('unavailable' in result) return [result.name, `unavailable: ${result.unavailable}`];
    const { min, max } = result.spread.cpuMicrosPerRequest;
    return [
      result.name,
      result.cpuMicrosPerRequest.toFixed(1),
      `${min.toFixed(1)}-${max.toFixed(1)}`,
      `${result.rps}`,
      result.p99Ms.toFixed(2),
      `${result.recordsMissing ?? '-'}`,
      `${result.recordsDropped ?? '-'}`,
      `${result.errors}`,
      `${result.spansReceived ?? '-'}`,
      (result.peakRssBytes / 2 ** 20).toFixed(0),
    ];
  });
  const lines = [header, ...rows];
  // A reason why a peer is not there has a line of its own width.
  const measured = lines.filter((line) => line.length === header.length);
  const width = (column: number) =>
    Math.max(...(column === 0 ? lines : measured).map((line) => line[column]!.length));
  const table = lines.map((line) =>
    line
      .map((cell, column) =>
        column === 0 || line.length !== header.length
          ? cell.padEnd(width(column))
          : cell.padStart(width(column)),
      )
      .join('  ')
      .trimEnd(),
  );
  const { rounds, seconds, warmupSeconds } = document;
  return [
    ...table,
    '',
    ...found,
    `medians of ${rounds} rounds of ${seconds} s after ${warmupSeconds} s of warm-up; missing, dropped, errors, spans: sums`,
    `load: ${document.load}`,
    ...document.notes,
    document.machine,
    '',
  ].join('\n');
}
