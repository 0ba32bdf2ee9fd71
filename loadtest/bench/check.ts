/** The guard: how Redirector stands to bare Express in the same run, against the ratio that the repository keeps. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AgainstDocument } from './against.ts';

/** Times the ratio that is kept: more is a regression. */
const TOLERANCE = 1.15;
const PAIR = 'redirector/express-bare';
const FILE = fileURLToPath(new URL('baseline.json', import.meta.url));

/** The ratio of a good day, and where it was found. */
export interface Baseline {
  ratio: number;
  machine: string;
}

/** A verdict in one sentence. */
export interface Verdict {
  good: boolean;
  sentence: string;
}

/** Judges a run by what is kept. A run without both servers is not good. */
export function judge(document: AgainstDocument, { ratio: kept }: Baseline): Verdict {
  const found = document.ratios[PAIR]?.median;
  if (found === undefined) return { good: false, sentence: `${PAIR} was not measured` };
  const good = found <= kept * TOLERANCE;
  const relation = `${PAIR} is ${found.toFixed(3)}, ${(found / kept).toFixed(3)} times the ${kept.toFixed(3)} that is kept`;
  return { good, sentence: `${relation}; ${good ? 'within' : 'more than'} the ${TOLERANCE} that may be` };
}

/** Throws where it cannot be read. */
export const readBaseline = (file = FILE): Baseline => JSON.parse(readFileSync(file, 'utf8')) as Baseline;

/** Keeps the ratio of a run from now on. Throws when that has none. */
export function keepBaseline(document: AgainstDocument, file = FILE): Verdict {
  const ratio = document.ratios[PAIR]?.median;
  if (ratio === undefined) throw new Error(`${PAIR} was not measured: the ratio that is kept stays`);
  const baseline: Baseline = { ratio, machine: document.machine };
  writeFileSync(file, `${JSON.stringify(baseline, null, 2)}\n`);
  return { good: true, sentence: `${PAIR} of ${ratio.toFixed(3)} is kept from now on` };
}
