/** `/metrics`: the table of names.ts, read from the shared memory when somebody asks. Loaded at the first scrape. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Attributes, ValueType } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { emptyResource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type CollectionResult,
  DataPointType,
  MeterProvider,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import { type MetricKey, metrics, requestDurationBuckets } from './names.ts';

/** One value of a metric, with its attributes where it has any. */
export interface Observation {
  readonly value: number;
  readonly attributes?: Attributes;
}

/** Reads every counter and gauge of the table. */
export type Observations = Readonly<
  Record<Exclude<MetricKey, 'http.server.request.duration'>, readonly Observation[]>
>;

export interface MetricsSource {
  observe(): Observations;
  /** Counts by bucket, one more than there are bounds, and the sum in seconds. */
  duration(): { readonly counts: readonly number[]; readonly sum: number };
}

export type MetricsHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Makes the handler of `/metrics`. */
export function metricsHandler(source: MetricsSource, version: string): MetricsHandler {
  const exporter = new PrometheusExporter({
    preventServerStart: true,
    metricProducers: [durationProducer(source, version)],
    withoutScopeInfo: true,
    withoutTargetInfo: true,
  });
  const provider = new MeterProvider({ resource: emptyResource(), readers: [exporter] });
  const meter = provider.getMeter('redirector', version);
  const keys = (Object.keys(metrics) as MetricKey[]).filter((key) => key !== 'http.server.request.duration');
  const instruments = keys.map((key) => {
    const { kind, unit, meaning } = metrics[key];
    const options = { unit, description: meaning, valueType: ValueType.DOUBLE };
    const instrument =
      kind === 'counter'
        ? meter.createObservableCounter(key, options)
        : meter.createObservableGauge(key, options);
    return { key, instrument };
  });
  meter.addBatchObservableCallback(
    (result) => {
      const observed = source.observe(); // one reading for all: the ledger's figures belong together
      for (const { key, instrument } of instruments) {
        for (const { value, attributes = {} } of observed[key]) result.observe(instrument, value, attributes);
      }
    },
    instruments.map(({ instrument }) => instrument),
  );
  return (request, response) => exporter.getMetricsRequestHandler(request, response);
}

/** The listeners bin durations themselves; this hands the bins on as a histogram. */
function durationProducer(source: MetricsSource, version: string): MetricProducer {
  const startTime = hrTime(Date.now());
  const { unit, meaning } = metrics['http.server.request.duration'];
  return {
    async collect(): Promise<CollectionResult> {
      const { counts, sum } = source.duration();
      const count = counts.reduce((total, value) => total + value, 0);
      return {
        errors: [],
        resourceMetrics: {
          resource: emptyResource(),
          scopeMetrics: [
            {
              scope: { name: 'redirector', version },
              metrics: [
                {
                  descriptor: {
                    name: 'http.server.request.duration',
                    unit,
                    description: meaning,
                    valueType: ValueType.DOUBLE,
                  },
                  aggregationTemporality: AggregationTemporality.CUMULATIVE,
                  dataPointType: DataPointType.HISTOGRAM,
                  dataPoints: [
                    {
                      startTime,
                      endTime: hrTime(Date.now()),
                      attributes: {},
                      value: {
                        buckets: { boundaries: [...requestDurationBuckets], counts: [...counts] },
                        sum,
                        count,
                      },
                    },
                  ],
                },
              ],
            },
          ],
        },
      };
    },
  };
}

const hrTime = (ms: number): [number, number] => [Math.floor(ms / 1000), (ms % 1000) * 1e6];
