/** The benches that find how each peer stands to one of them, round by round. */
import type { Sample } from './measure.ts';
import { formatRun, type RunDocument, runDocument } from './report.ts';
import type { BenchOptions, BenchRun } from './run.ts';
import { ofRounds, type RoundFigure } from './statistics.ts';

/** What is compared, as the text names it. */
const COMPARED = {
  cpuMicrosPerRequest: 'of the CPU per request',
  p999Ms: 'of the p99.9',
} as const satisfies Partial<Record<keyof Sample, string>>;

export type Compared = keyof typeof COMPARED;

/** What such a bench prints with `--json`. */
export interface AgainstDocument extends RunDocument {
  /** `{"rules-1000/target": ...}`; medians of what was found in each round. */
  ratios: Record<string, RoundFigure>;
}

/** Each peer against the one named `base`. */
export function againstDocument(
  options: BenchOptions,
  run: BenchRun,
  base: string,
  compared: Compared,
): AgainstDocument {
  const all = new Map<string, number[]>();
  for (const outcome of run.outcomes) {
    if ('unavailable' in outcome) continue;
    const values = outcome.samples.map((sample) => sample[compared]);
    if (!values.includes(null)) all.set(outcome.name, values as number[]);
  }
  const ratios: AgainstDocument['ratios'] = {};
  const baseRounds = all.get(base);
  for (const [name, rounds] of all) {
    if (name === base || baseRounds === undefined) continue;
    ratios[`${name}/${base}`] = ofRounds(rounds, baseRounds, (one, other) => one / other);
  }
  return { ...runDocument(options, run), ratios };
}

/** The document for a terminal, with more lines of what was found. */
export const formatAgainst = (
  document: AgainstDocument,
  compared: Compared,
  more: readonly string[] = [],
): string =>
  formatRun(document, [
    ...Object.entries(document.ratios).map(
      ([pair, { median, min, max }]) =>
        `${pair}: ${median.toFixed(3)} (${min.toFixed(3)}-${max.toFixed(3)}) ${COMPARED[compared]}`,
    ),
    ...more,
  ]);
