/** Axes: from values to places between 0 and 1, and where their ticks are. */

export interface Scale {
  /** 0 at the low end, 1 at the high one; what lies outside is put at the end. */
  at(value: number): number;
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
}

const within = (place: number): number => Math.min(1, Math.max(0, place));
const short = (value: number): string =>
  Math.abs(value) >= 1e6
    ? `${Number((value / 1e6).toPrecision(3))}M`
    : Math.abs(value) >= 10_000
      ? `${Number((value / 1e3).toPrecision(3))}k`
      : String(Number(value.toPrecision(3)));

/** From 0 to a round number that is not less than `most`, and not less than 1; `tight`: to `most` itself. */
export function linearScale(most: number, tight = false): Scale {
  const highest = Math.max(most, 1);
  const rough = highest / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough)!;
  const count = Math.max(1, (tight ? Math.floor : Math.ceil)(highest / step));
  const end = tight ? highest : count * step;
  const ticks = Array.from({ length: count + 1 }, (_, index) => index * step);
  return {
    at: (value) => within(value / end),
    ticks: ticks.map((value) => ({ value, label: short(value) })),
  };
}

/** From a power of ten to a power of ten. */
export function logScale(lowest: number, highest: number): Scale {
  const from = Math.floor(Math.log10(Math.max(lowest, 1e-3)));
  const to = Math.max(from + 1, Math.ceil(Math.log10(Math.max(highest, 1e-3))));
  const ticks = Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index));
  return {
    at: (value) => within((Math.log10(Math.max(value, 1e-9)) - from) / (to - from)),
    ticks: ticks.map((value) => ({ value, label: short(value) })),
  };
}

/** Percentiles as HDR histograms are plotted: each nine as wide as the one before. `highest` is below 100. */
export function percentileScale(highest: number): Scale {
  const nines = (percentile: number): number => -Math.log10(1 - percentile / 100);
  const most = Math.max(1, nines(Math.min(highest, 99.999_999)));
  const ticks = [0, 50, 90, 99, 99.9, 99.99, 99.999, 99.9999].filter((value) => nines(value) <= most);
  return {
    at: (value) => within(nines(Math.min(value, 99.999_999_9)) / most),
    ticks: ticks.map((value) => ({ value, label: `${value}%` })),
  };
}
