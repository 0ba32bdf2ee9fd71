/** A reading of all metrics for tests of what writes one. */

import { type MetricName, metricKeys, metrics } from '../../src/telemetry/metric-names.ts';
import type {
  Attributes,
  HistogramPoint,
  MetricReading,
  NumberPoint,
} from '../../src/telemetry/metric-reading.ts';

/** What a label must be escaped for. */
export const AWKWARD = 'a "quoted"\nvalue';

/** Every attribute of a metric, with a value. */
export const attributesOf = ({ attributes = {} }: MetricName): Attributes =>
  Object.fromEntries(Object.keys(attributes).map((name) => [name, AWKWARD]));

/**
 * A reading in which every counter and gauge has a value of its own, its place in the table from 1, and every bucket of
 * the histograms has its place.
 */
export function wholeReading(): MetricReading {
  const points = metricKeys.map((key, place): [string, [NumberPoint | HistogramPoint]] => {
    const metric: MetricName = metrics[key];
    const attributes = attributesOf(metric);
    if (metric.kind !== 'histogram') return [key, [{ value: place + 1, attributes }]];
    const counts = [...metric.buckets.map((_, bucket) => bucket), metric.buckets.length];
    return [key, [{ value: { counts, sum: 1.5 }, attributes }]];
  });
  return Object.fromEntries(points) as unknown as MetricReading;
}

/** The same without any point. */
export const emptyReading = (): MetricReading =>
  Object.fromEntries(metricKeys.map((key) => [key, []])) as unknown as MetricReading;
