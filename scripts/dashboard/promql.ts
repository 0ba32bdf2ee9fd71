/** Pieces of PromQL that many panels have. `$job`, `$instance` and `$__rate_interval` are Grafana's to fill in. */

/** Matchers for what is chosen at the top of the dashboard. */
const CHOSEN = 'job=~"$job", instance=~"$instance"';

/** The series of a metric that are chosen; `more` are further matchers. */
export const of = (metric: string, more = ''): string =>
  `${metric}{${CHOSEN}${more === '' ? '' : `, ${more}`}}`;

/** How fast a counter grows in a second, summed, kept apart by these labels. */
export const rate = (counter: string, by = '', more = ''): string =>
  `sum${by === '' ? '' : ` by (${by})`} (rate(${of(counter, more)}[$__rate_interval]))`;

/** A quantile of a histogram over all that is chosen, kept apart by these labels. */
export const quantile = (share: number, histogram: string, by = ''): string =>
  `histogram_quantile(${share}, ${rate(`${histogram}_bucket`, by === '' ? 'le' : `le, ${by}`)})`;

/** The mean of what a histogram observed, over all that is chosen. */
export const mean = (histogram: string): string =>
  `${rate(`${histogram}_sum`)} / ${rate(`${histogram}_count`)}`;
