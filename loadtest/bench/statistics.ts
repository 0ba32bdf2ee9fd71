/** The least and the greatest of the values of one figure, one value a round. */
export interface Spread {
  min: number;
  max: number;
}

/** The middle value, or the mean of the two middle ones. Throws RangeError when there is none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the median of no values');
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[upper]! : (sorted[upper - 1]! + sorted[upper]!) / 2;
}

/** Throws RangeError when there is no value. */
export function spread(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError('the spread of no values');
  return { min: Math.min(...values), max: Math.max(...values) };
}

/**
 * The order of one round (counted from 0): A B C, then B C A, then C A B, ... so that no peer always runs first, on a
 * cold machine, or always after the same other one.
 */
export function rotated<T>(items: readonly T[], round: number): T[] {
  const start = items.length === 0 ? 0 : round % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

/**
 * CPU per request of the first against each other one, as `{"first/other": ratio}`; above 1 the first costs more.
 * Empty when the first is not among the figures.
 */
export function ratios(
  first: string,
  cpuMicrosPerRequest: ReadonlyMap<string, number>,
): Record<string, number> {
  const own = cpuMicrosPerRequest.get(first);
  if (own === undefined) return {};
  const others = [...cpuMicrosPerRequest].filter(([name, cpu]) => name !== first && cpu > 0);
  return Object.fromEntries(others.map(([name, cpu]) => [`${first}/${name}`, rounded(own / cpu, 3)]));
}

/** The median of one figure, one value a round, with its spread. */
export interface RoundFigure extends Spread {
  median: number;
}

/** One figure, one value a round, to that many decimals. Throws RangeError when there is no value. */
export function overRounds(values: readonly number[], decimals: number): RoundFigure {
  const told = values.map((value) => rounded(value, decimals));
  return { median: rounded(median(told), decimals), ...spread(told) };
}

/** What is found of each round's pair of values: the median over the rounds with its spread, to three decimals. */
export function ofRounds(
  first: readonly number[],
  second: readonly number[],
  find: (first: number, second: number) => number,
): RoundFigure {
  return overRounds(
    first.map((value, round) => find(value, second[round]!)),
    3,
  );
}

/** `value` to that many decimals, as a number. */
export function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
