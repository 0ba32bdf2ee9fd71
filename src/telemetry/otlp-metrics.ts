/** Metrics by OTLP: the same reading as for /metrics, beside what the auto-instrumentations measure of the supervisor. */
import { ValueType } from '@opentelemetry/api';
import { emptyResource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  AggregationType,
  DataPointType,
  type MetricData,
  type MetricProducer,
  PeriodicExportingMetricReader,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics';
import { countOf } from './histogram-cells.ts';
import { type MetricKey, type MetricName, metricKeys, metrics } from './metric-names.ts';
import type { HistogramPoint, MetricReading, MetricsSource, NumberPoint } from './metric-reading.ts';
import { metricExporter, onExported } from './otlp-exporters.ts';
import type { OwnStats } from './own-stats.ts';
import { type Environment, exportTimes } from './settings.ts';

/** Reads and exports all metrics again and again. */
export async function metricReader(
  source: MetricsSource,
  version: string,
  own: OwnStats,
  env: Environment,
): Promise<PeriodicExportingMetricReader> {
  const exporter = await metricExporter(env);
  onExported(exporter, ({ scopeMetrics }, failed) => {
    const all = scopeMetrics.flatMap((scope) => scope.metrics);
    const points = all.reduce((sum, { dataPoints }) => sum + dataPoints.length, 0);
    if (failed) own.pointsFailed += points;
    else own.pointsExported += points;
  });
  const { intervalMs, timeoutMs } = exportTimes(env);
  return new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: intervalMs,
    exportTimeoutMillis: timeoutMs,
    metricProducers: [metricProducer(source, version)],
  });
}

/**
 * What an instrumentation measures of the supervisor under a name of ours is not exported: it would be two things in one.
 * Nor is the rest of its event loop's figures: the table has them of every thread.
 */
export const ownNamesOnly: ViewOptions[] = [...metricKeys, 'nodejs.eventloop.*'].map((instrumentName) => ({
  instrumentName,
  aggregation: { type: AggregationType.DROP },
}));

/** Hands a reading on in the SDK's shape. */
export function metricProducer(source: MetricsSource, version: string): MetricProducer {
  const startTime = hrTime(performance.timeOrigin);
  return {
    async collect() {
      const reading = source.observe();
      const endTime = hrTime(Date.now());
      const scope = { name: 'redirector', version };
      const data = metricKeys
        .filter((key) => reading[key].length > 0)
        .map((key) => metricData(key, reading, { startTime, endTime }));
      return {
        errors: [],
        resourceMetrics: { resource: emptyResource(), scopeMetrics: [{ scope, metrics: data }] },
      };
    },
  };
}

type HrTime = [seconds: number, nanoseconds: number];

interface Period {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
}

function metricData(key: MetricKey, reading: MetricReading, period: Period): MetricData {
  const metric: MetricName = metrics[key];
  const { unit, meaning, kind } = metric;
  const common = {
    descriptor: { name: key, unit, description: meaning, valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  if (kind === 'histogram') {
    const boundaries = [...metric.buckets];
    const dataPoints = (reading[key] as readonly HistogramPoint[]).map(({ value, attributes = {} }) => ({
      ...period,
      attributes,
      value: { buckets: { boundaries, counts: [...value.counts] }, sum: value.sum, count: countOf(value) },
    }));
    return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints };
  }
  const dataPoints = (reading[key] as readonly NumberPoint[]).map(({ value, attributes = {} }) => ({
    ...period,
    attributes,
    value,
  }));
  return kind === 'counter'
    ? { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
    : { ...common, dataPointType: DataPointType.GAUGE, dataPoints };
}

const hrTime = (ms: number): HrTime => [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];
