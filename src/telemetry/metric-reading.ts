/** One reading of all metrics, as plain data: the same for every exporter. */
import type { Exemplar } from './exemplars.ts';
import type { HistogramValue } from './histogram-cells.ts';
import type { HistogramKey, NumberKey } from './metric-names.ts';

export type Attributes = Readonly<Record<string, string | number>>;

/** One value of a counter or gauge. */
export interface NumberPoint {
  readonly value: number;
  readonly attributes?: Attributes;
}

/** One histogram, in the buckets of its metric. */
export interface HistogramPoint {
  readonly value: HistogramValue;
  readonly attributes?: Attributes;
  /** By bucket, as far as there are any. */
  readonly exemplars?: readonly (Exemplar | undefined)[];
}

/** Every metric of the table; one without points is absent now. */
export type MetricReading = Readonly<
  Record<NumberKey, readonly NumberPoint[]> & Record<HistogramKey, readonly HistogramPoint[]>
>;

export interface MetricsSource {
  /** Reads all metrics at once: the ledger's figures belong together. */
  observe(): MetricReading;
}
