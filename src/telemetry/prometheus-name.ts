/** Names of metrics in Prometheus's formats, by OpenTelemetry's rules for them. */
import type { MetricName } from './metric-names.ts';

/** Of units that are no more than a note in braces, or 1, a name says nothing. */
const unitSuffix: Readonly<Record<string, string>> = { s: '_seconds', By: '_bytes' };

/** The name under which `/metrics` shows a metric. */
export function prometheusName(key: string, { kind, unit }: Pick<MetricName, 'kind' | 'unit'>): string {
  const ratio = key.endsWith('.utilization') ? '_ratio' : '';
  // Prometheus keeps the ending _count for histograms.
  const name = prometheusLabel(key.replace(/\.count$/, 's'));
  return name + (unitSuffix[unit] ?? ratio) + (kind === 'counter' ? '_total' : '');
}

/** The name under which `/metrics` shows an attribute. */
export const prometheusLabel = (attribute: string): string => attribute.replaceAll('.', '_');
