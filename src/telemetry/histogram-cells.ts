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
  const counts: number[] = Array(bounds.length + 1).fill(0);
  let sum = 0;
  for (let row = at; row < cells.length; row += rowCells) {
    for (let bucket = 0; bucket < counts.length; bucket++) counts[bucket]! += cells[row + bucket]!;
    sum += cells[row + counts.length]!;
  }
  return { counts, sum };
}

/** How many values a histogram has counted. */
export const countOf = ({ counts }: HistogramValue): number => counts.reduce((sum, count) => sum + count, 0);

/**
 * The value below which a share of the counted values lies, read within its bucket as if they were spread evenly there; above
 * the last bound, that bound. Undefined where nothing was counted.
 */
export function quantile(
  counts: readonly number[],
  bounds: readonly number[],
  share: number,
): number | undefined {
  let left = share * counts.reduce((sum, count) => sum + count, 0);
  if (left === 0) return undefined;
  for (const [bucket, upper] of bounds.entries()) {
    const lower = bounds[bucket - 1] ?? 0;
    const count = counts[bucket]!;
    if (left <= count) return lower + ((upper - lower) * left) / count;
    left -= count;
  }
  return bounds.at(-1);
}
