/** The bench of rules: what finding one costs, against a server with one target for all paths. */
import { formatRun, type RunDocument, runDocument } from './report.ts';
import type { BenchOptions, BenchRun } from './run.ts';
import { ofRounds, type RoundFigure } from './statistics.ts';

const BASE = 'target';

/** What it prints with `--json`. */
export interface RulesDocument extends RunDocument {
  /** CPU per request against one target: `{"rules-1000/target": ...}`; medians of what was found in each round. */
  ratios: Record<string, RoundFigure>;
}

export function rulesDocument(options: BenchOptions, run: BenchRun): RulesDocument {
  const cpu = new Map(
    run.outcomes.flatMap((outcome) =>
      'unavailable' in outcome
        ? []
        : [[outcome.name, outcome.samples.map((sample) => sample.cpuMicrosPerRequest)] as const],
    ),
  );
  const base = cpu.get(BASE);
  const ratios: RulesDocument['ratios'] = {};
  if (base !== undefined) {
    for (const [name, rounds] of cpu) {
      if (name !== BASE) ratios[`${name}/${BASE}`] = ofRounds(rounds, base, (one, other) => one / other);
    }
  }
  return { ...runDocument(options, run), ratios };
}

/** Whether every request of a peer was answered with a redirect: else it was not measured at finding rules. */
export const isFaultless = (result: RunDocument['results'][number]): boolean =>
  'unavailable' in result || result.errors === 0;

export const formatRules = (document: RulesDocument): string =>
  formatRun(document, [
    ...Object.entries(document.ratios).map(
      ([pair, { median, min, max }]) =>
        `${pair}: ${median.toFixed(3)} (${min.toFixed(3)}-${max.toFixed(3)}) of the CPU per request`,
    ),
    ...document.results
      .filter((result) => !isFaultless(result))
      .map(({ name }) => `NOT VALID: some answers of ${name} were no redirects`),
  ]);
