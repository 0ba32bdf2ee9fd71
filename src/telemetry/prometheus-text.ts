/** `/metrics`: a reading in Prometheus's text format or in OpenMetrics, serialised by prom-client. Loaded at the first scrape. */
import { type Metric, Registry } from 'prom-client';
import type { Exemplar } from './exemplars.ts';
import { countOf } from './histogram-cells.ts';
import { type MetricKey, type MetricName, metricKeys, metrics } from './metric-names.ts';
import type { Attributes, HistogramPoint, MetricReading, NumberPoint } from './metric-reading.ts';
import { prometheusLabel, prometheusName } from './prometheus-name.ts';

const { PROMETHEUS_CONTENT_TYPE, OPENMETRICS_CONTENT_TYPE } = Registry;

/** A format, as Content-Type has it. */
type Format = typeof PROMETHEUS_CONTENT_TYPE | typeof OPENMETRICS_CONTENT_TYPE;

/**
 * OpenMetrics where a scraper likes it no less than plain text, else that. Scrapers add parameters to the types that no
 * general negotiation knows.
 * @param accept its Accept header
 */
export function preferredFormat(accept = ''): Format {
  const quality = (type: string): number => {
    const ranges = accept.split(',').filter((range) => range.trim().startsWith(type));
    return Math.max(0, ...ranges.map((range) => Number(/;\s*q=([\d.]+)/.exec(range)?.[1] ?? 1)));
  };
  const open = quality('application/openmetrics-text');
  return open > 0 && open >= quality('text/plain') ? OPENMETRICS_CONTENT_TYPE : PROMETHEUS_CONTENT_TYPE;
}

/** One line, as prom-client takes it. */
interface Line {
  readonly metricName?: string;
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly exemplar?:
    | {
        readonly labelSet: Readonly<Record<string, string>>;
        readonly value: number;
        readonly timestamp: number;
      }
    | undefined;
}

/** Writes a reading; only OpenMetrics has exemplars. Metrics without points are left out. */
export function prometheusText(reading: MetricReading, format: Format): Promise<string> {
  const registry = new Registry<Format>();
  registry.setContentType(format);
  for (const key of metricKeys) {
    if (reading[key].length > 0) registry.registerMetric(family(key, reading) as unknown as Metric);
  }
  return registry.metrics();
}

/** The registry asks for no more of a metric than its name and what get() answers, and renames counters for OpenMetrics. */
function family(key: MetricKey, reading: MetricReading): object {
  const metric: MetricName = metrics[key];
  const { kind, meaning } = metric;
  const name = prometheusName(key, metric);
  const values =
    kind === 'histogram'
      ? (reading[key] as readonly HistogramPoint[]).flatMap((point) => histogram(name, metric.buckets, point))
      : (reading[key] as readonly NumberPoint[]).map(({ value, attributes }) => ({
          value,
          labels: labels(attributes),
        }));
  return {
    name,
    help: meaning,
    type: kind,
    values,
    get() {
      return this;
    },
  };
}

function histogram(name: string, bounds: readonly number[], point: HistogramPoint): Line[] {
  const { value, attributes, exemplars = [] } = point;
  const common = labels(attributes);
  let below = 0;
  const buckets = value.counts.map((count, bucket): Line => {
    below += count;
    return {
      metricName: `${name}_bucket`,
      value: below,
      labels: { ...common, le: bounds[bucket] ?? '+Inf' },
      exemplar: exemplarLine(exemplars[bucket]),
    };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, value: value.sum, labels: common },
    { metricName: `${name}_count`, value: countOf(value), labels: common },
  ];
}

function exemplarLine(exemplar: Exemplar | undefined): Line['exemplar'] {
  if (exemplar === undefined) return undefined;
  const { traceId, spanId, durationSeconds, timeMs } = exemplar;
  return {
    labelSet: { trace_id: traceId, span_id: spanId },
    value: durationSeconds,
    timestamp: timeMs / 1000,
  };
}

const labels = (attributes: Attributes = {}): Line['labels'] =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [prometheusLabel(name), value]));
