/** What a server says of its metrics, by OTLP or at `/metrics`, in one shape to compare with the table and each other. */
import { type MetricName, metrics } from '../../src/telemetry/metric-names.ts';
import { prometheusLabel, prometheusName } from '../../src/telemetry/prometheus-name.ts';
import { attributeValue, type OtlpMetric, type OtlpPoint, type OtlpReceiver } from './otlp-receiver.ts';
import { parsePrometheus } from './prometheus.ts';

/** A metric: its kind, and the attributes that any of its points has. */
export interface Exported {
  readonly kind: string;
  readonly meaning: string;
  readonly attributes: readonly string[];
  readonly unit?: string;
}

/** Adds what one server exported to what others did. */
export class Union {
  readonly #all = new Map<string, Exported>();

  add(name: string, { attributes, ...rest }: Exported): void {
    const known = this.#all.get(name)?.attributes ?? [];
    this.#all.set(name, { ...rest, attributes: [...new Set([...known, ...attributes])].sort() });
  }

  sorted(): [string, Exported][] {
    return [...this.#all].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

/** The table, as OTLP is to show it. */
export function tableForOtlp(): [string, Exported][] {
  const union = new Union();
  for (const [key, { kind, unit, meaning, attributes = {} }] of Object.entries<MetricName>(metrics)) {
    union.add(key, { kind, unit, meaning, attributes: Object.keys(attributes) });
  }
  return union.sorted();
}

/** The table, as `/metrics` is to show it. */
export function tableForPrometheus(): [string, Exported][] {
  const union = new Union();
  for (const [key, metric] of Object.entries<MetricName>(metrics)) {
    const labels = Object.keys(metric.attributes ?? {}).map(prometheusLabel);
    union.add(prometheusName(key, metric), {
      kind: metric.kind,
      meaning: metric.meaning,
      attributes: labels,
    });
  }
  return union.sorted();
}

/** The metrics of a scrape in Prometheus's text format. */
export function addScrape(union: Union, text: string): void {
  const help = new Map([...text.matchAll(/^# HELP (\S+) (.*)$/gm)].map(([, name, is]) => [name, is]));
  const kinds = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, kind]) => [name!, kind!]));
  for (const { name, labels } of parsePrometheus(text)) {
    const family = kinds.has(name) ? name : name.replace(/_(bucket|sum|count)$/, '');
    const attributes = Object.keys(labels).filter((label) => label !== 'le');
    union.add(family, { kind: kinds.get(family)!, meaning: help.get(family) ?? '', attributes });
  }
}

const kindOf = ({ sum, gauge }: OtlpMetric): string =>
  sum?.isMonotonic === true ? 'counter' : gauge === undefined ? 'histogram' : 'gauge';

const pointsOf = ({ sum, gauge, histogram }: OtlpMetric): readonly OtlpPoint[] =>
  (sum ?? gauge ?? histogram)!.dataPoints;

type Export = ReturnType<OtlpReceiver['metrics']>[number];

/** Redirector's own metrics of an export, without those of auto-instrumentations. */
export const ownMetrics = ({ scopeMetrics }: Export): readonly OtlpMetric[] =>
  scopeMetrics.find(({ scope }) => scope.name === 'redirector')?.metrics ?? [];

/** The metrics of an export by OTLP. */
export function addExport(union: Union, exported: Export): void {
  for (const metric of ownMetrics(exported)) {
    const { name, unit, description: meaning } = metric;
    for (const { attributes } of pointsOf(metric)) {
      union.add(name, { kind: kindOf(metric), unit, meaning, attributes: attributes.map(({ key }) => key) });
    }
  }
}

const sampleKey = (name: string, labels: readonly (readonly [string, string])[]): string =>
  `${name} ${JSON.stringify(labels.toSorted(([a], [b]) => (a < b ? -1 : 1)))}`;

/** The samples of a scrape by name and labels. */
export const scrapedSamples = (text: string): Map<string, number> =>
  new Map(
    parsePrometheus(text).map(({ name, labels, value }) => [sampleKey(name, Object.entries(labels)), value]),
  );

/** What Prometheus would have scraped where this was exported by OTLP. */
export function exportedSamples(exported: Export): Map<string, number> {
  const samples = new Map<string, number>();
  for (const metric of ownMetrics(exported)) {
    const name = prometheusName(metric.name, {
      kind: kindOf(metric) as MetricName['kind'],
      unit: metric.unit,
    });
    for (const point of pointsOf(metric)) {
      const labels = point.attributes.map(
        ({ key, value }) => [prometheusLabel(key), attributeValue(value)] as const,
      );
      const set = (
        suffix: string,
        value: number | string,
        more: readonly (readonly [string, string])[] = [],
      ) => samples.set(sampleKey(name + suffix, [...labels, ...more]), Number(value));
      if (point.bucketCounts === undefined) {
        set('', point.asDouble ?? point.asInt ?? Number.NaN);
        continue;
      }
      let below = 0;
      for (const [bucket, count] of point.bucketCounts.entries()) {
        below += Number(count);
        set('_bucket', below, [['le', String(point.explicitBounds?.[bucket] ?? '+Inf')]]);
      }
      set('_sum', point.sum ?? Number.NaN);
      set('_count', point.count ?? Number.NaN);
    }
  }
  return samples;
}
