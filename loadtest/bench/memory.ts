/** The bench of memory: what a server may have resident at most, and whether it had less. */
import type { BenchReport } from './benches.ts';
import { type Figures, formatRun, runDocument } from './report.ts';
import type { BenchOptions, BenchRun } from './run.ts';
import { isMeasured } from './table.ts';

const MIB = 2 ** 20;
/** What docs/performance.md promises, in MiB: the supervisor, the threads of the sinks and Node itself; and each listener. */
const BASE_MIB = 120;
const LISTENER_MIB = 50;

/** The most that may be resident, in MiB: a part that is always there, one for each listener, and what of the queue was in use. */
export const memoryBoundMiB = (listeners: number, queueMiB: number): number =>
  BASE_MIB + listeners * LISTENER_MIB + queueMiB;

/** As the documentation says it. */
export const memoryBoundText = `${BASE_MIB} MiB, ${LISTENER_MIB} MiB for each listener, and the part of the queue in use`;

/** A server whose peak was above its bound in any round is not good; it tells the bound itself, as `boundMiB`. */
export function memoryReport(options: BenchOptions, run: BenchRun): BenchReport {
  const document = runDocument(options, run);
  const verdicts = document.results.filter(isMeasured).map(verdictOn);
  const text = formatRun(
    document,
    verdicts.map(({ sentence }) => sentence),
  );
  return { document, text, valid: verdicts.every(({ good }) => good) };
}

function verdictOn({ name, spread, own }: Figures): { good: boolean; sentence: string } {
  const peak = spread.peakRssBytes.max / MIB;
  const bound = own.boundMiB!.min;
  const good = peak <= bound;
  const sentence = `${good ? '' : 'TOO LARGE: '}${name} had ${peak.toFixed(0)} MiB at its peak, of ${bound.toFixed(0)} that may be`;
  return { good, sentence };
}
