/** The bench of telemetry: what tracing adds to the CPU of a request, in Redirector and in the SDK as it comes. */
import { type TracingProgram, tracingPeerName } from '../peers/index.ts';
import { formatRun, type RunDocument, runDocument } from './report.ts';
import type { BenchOptions, BenchRun } from './run.ts';
import { ofRounds, type RoundFigure } from './statistics.ts';

/** The part of an even load that counts as carried. */
const KEPT_UP = 0.98;

/** What it prints with `--json`. Figures of pairs are medians of what was found in each round. */
export interface TelemetryDocument extends RunDocument {
  /** Each peer that traces sent spans, no other did, and an even load was carried by all. */
  valid: boolean;
  /** Why it is not valid, a sentence each. */
  reasons: string[];
  /** CPU per request against the same program with tracing off: `{"redirector-1/redirector-off": ...}`. */
  ratios: Record<string, RoundFigure>;
  /** Microseconds of CPU per request more than the same program with tracing off: `{"redirector-1": ...}`. */
  extraCpuMicros: Record<string, RoundFigure>;
  /** What tracing every request adds to Redirector against what it adds to the other; null without both. */
  extraRatio: RoundFigure | null;
}

/** Makes the document of a run over the peers of tracingPeers. */
export function telemetryDocument(options: BenchOptions, run: BenchRun): TelemetryDocument {
  const document = runDocument(options, run);
  const cpu = new Map<string, number[]>();
  for (const outcome of run.outcomes) {
    if ('unavailable' in outcome) continue;
    cpu.set(
      outcome.name,
      outcome.samples.map((sample) => sample.cpuMicrosPerRequest),
    );
  }
  const ratios: TelemetryDocument['ratios'] = {};
  const extraCpuMicros: TelemetryDocument['extraCpuMicros'] = {};
  for (const [name, rounds] of cpu) {
    const base = baseOf(name);
    const baseRounds = cpu.get(base);
    if (name === base || baseRounds === undefined) continue;
    ratios[`${name}/${base}`] = ofRounds(rounds, baseRounds, (one, other) => one / other);
    extraCpuMicros[name] = ofRounds(rounds, baseRounds, (one, other) => one - other);
  }
  const reasons = doubts(options, document);
  return {
    ...document,
    valid: reasons.length === 0,
    reasons,
    ratios,
    extraCpuMicros,
    extraRatio: extraRatio(cpu),
  };
}

/** The document as lines for a terminal. */
export function formatTelemetry(document: TelemetryDocument): string {
  const { ratios, extraCpuMicros, extraRatio, reasons } = document;
  const shown = ({ median, min, max }: RoundFigure, decimals: number) =>
    `${median.toFixed(decimals)} (${min.toFixed(decimals)}-${max.toFixed(decimals)})`;
  return formatRun(document, [
    ...Object.entries(ratios).map(([pair, figure]) => `${pair}: ${shown(figure, 3)} of the CPU per request`),
    ...Object.entries(extraCpuMicros).map(
      ([name, figure]) => `${name}: ${shown(figure, 2)} us more a request`,
    ),
    ...(extraRatio === null ? [] : [`what tracing all adds, redirector/stock: ${shown(extraRatio, 3)}`]),
    ...reasons.map((reason) => `NOT VALID: ${reason}`),
  ]);
}

/** The program of a peer by the peer's name, with tracing off. */
const baseOf = (name: string): string => tracingPeerName(name.split('-')[0] as TracingProgram, 'off');

function extraRatio(cpu: ReadonlyMap<string, number[]>): RoundFigure | null {
  const extra = (program: TracingProgram): number[] | undefined => {
    const base = cpu.get(tracingPeerName(program, 'off'));
    return base && cpu.get(tracingPeerName(program, '100'))?.map((traced, round) => traced - base[round]!);
  };
  const own = extra('redirector');
  const other = extra('stock');
  return own === undefined || other === undefined ? null : ofRounds(own, other, (one, its) => one / its);
}

/**
 * A peer that was to trace and did not, or the other way round, was not measured at what its name says; one that did not
 * carry the even load was not measured at the same load as the others.
 */
function doubts({ peers, rps = 0 }: BenchOptions, { results }: RunDocument): string[] {
  return peers.flatMap(({ name, sampleRatio = 0 }) => {
    const figures = results.find((result) => result.name === name);
    if (figures === undefined || 'unavailable' in figures) return [];
    const spans = figures.spansReceived ?? 0;
    if (sampleRatio > 0 && spans === 0) return [`${name} traces, but no span of it arrived`];
    if (sampleRatio === 0 && spans > 0) return [`${name} is not to trace, but ${spans} spans of it arrived`];
    if (figures.rps < KEPT_UP * rps)
      return [`${name} answered ${figures.rps} of the ${rps} requests a second`];
    return [];
  });
}
