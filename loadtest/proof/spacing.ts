/** How requests were spread, as their receiver saw it. */
import { percentileOf } from './ideal.ts';

export interface Spacing {
  readonly requests: number;
  /** From one request to the next, in ms. */
  readonly gapMs: { readonly p1: number; readonly p50: number; readonly p99: number; readonly max: number };
  /** Standard deviation over mean of the gaps: 0 when they are all alike, 1 for a Poisson process. */
  readonly variation: number;
  /** The share of the requests that came in the busiest tenth of a second of each second; 0.1 when they are evenly spread. */
  readonly busiestTenth: number;
}

/** @param arrivals in ms, in order */
export function spacingOf(arrivals: readonly number[]): Spacing {
  const gaps = arrivals.slice(1).map((time, index) => time - arrivals[index]!);
  const sorted = gaps.toSorted((a, b) => a - b);
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
  const tenths = new Array<number>(10).fill(0);
  const start = arrivals[0] ?? 0;
  for (const time of arrivals) tenths[Math.floor(((time - start) % 1000) / 100)]!++;
  return {
    requests: arrivals.length,
    gapMs: {
      p1: percentileOf(sorted, 1),
      p50: percentileOf(sorted, 50),
      p99: percentileOf(sorted, 99),
      max: percentileOf(sorted, 100),
    },
    variation: Math.sqrt(variance) / mean,
    busiestTenth: Math.max(...tenths) / arrivals.length,
  };
}
