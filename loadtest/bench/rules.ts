/** The bench of rules: what finding one costs, against a server with one target for all paths. */
import { againstDocument, formatAgainst } from './against.ts';
import type { BenchReport } from './benches.ts';
import type { RunDocument } from './report.ts';
import type { BenchOptions, BenchRun } from './run.ts';

/** A peer that answered a request with no redirect was not measured at finding rules. */
export function rulesReport(options: BenchOptions, run: BenchRun): BenchReport {
  const document = againstDocument(options, run, 'target', 'cpuMicrosPerRequest');
  const faulty = document.results.filter((result) => !isFaultless(result));
  const doubts = faulty.map(({ name }) => `NOT VALID: some answers of ${name} were no redirects`);
  const text = formatAgainst(document, 'cpuMicrosPerRequest', doubts);
  return { document, text, valid: faulty.length === 0 };
}

const isFaultless = (result: RunDocument['results'][number]): boolean =>
  'unavailable' in result || result.errors === 0;
