/** Histograms in shared Float64 cells: one for each bucket, one above the last bound, and the sum of all values. */

/** A histogram as OpenTelemetry has it: `counts` has one more entry than there are bounds. */
export interface HistogramValue {
  readonly counts: readonly number[];
  readonly sum: number;
}

/** How many cells a histogram takes. */
export const histogramCells = (bounds: readonly number[]): number => bounds.length + 2;

/** Counts a value in the histogram that begins at `at`. Only one thread may write there. */
export function observe(cells: Float64Array, at: number, bounds: readonly number[], value: number): void {
  let bucket = 0;
  while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
  cells[at + bucket]! += 1;
  cells[at + bounds.length + 1]! += value;
}

/** The histogram that begins at `at`, summed over the rows of all writing threads. */
export function readHistogram(
  cells: Float64Array,
  at: number,
  bounds: readonly number[],
  rowCells: number,
): HistogramValue {
  const total = (cell: number): number => {
    let sum = 0;
    for (let index = cell; index < cells.length; index += rowCells) sum += cells[index]!;
    return sum;
  };
  return {
    counts: Array.from({ length: bounds.length + 1 }, (_, bucket) => total(at + bucket)),
    sum: total(at + bounds.length + 1),
  };
}

/** How many values a histogram has counted. */
export const countOf = ({ counts }: HistogramValue): number => counts.reduce((sum, count) => sum + count, 0);
