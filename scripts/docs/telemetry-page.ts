/** docs/telemetry.md, from the tables of metrics and spans and that of drop reasons. */
import { dropReasonMeaning } from '../../src/server/queue/drop-reason.ts';
import { type MetricName, metrics, requestDurationBuckets } from '../../src/telemetry/names.ts';
import { spansSection } from './telemetry-spans.ts';

const INTRODUCTION = `# Telemetry

Metrics are at \`/metrics\` of the admin port (and of the health port with \`health.metrics\`), in Prometheus's text format,
always. Spans are exported by OTLP, and only when \`OTEL_EXPORTER_OTLP_ENDPOINT\` or \`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT\` is
set: a bare start calls nobody. Metrics are not exported by OTLP.
`;

/** The name under which Prometheus's text format shows a metric. */
export const prometheusName = (key: string, kind: MetricName['kind']): string =>
  key.replaceAll('.', '_') + (kind === 'counter' ? '_total' : '');

function metricRows(): string[] {
  return Object.entries<MetricName>(metrics).map(([key, { kind, unit, meaning, attributes = [] }]) => {
    const labels = attributes.map((name) => `\`${name}\``).join(', ');
    return `| \`${key}\` | \`${prometheusName(key, kind)}\` | ${kind} | \`${unit}\` | ${labels} | ${meaning} |`;
  });
}

const METRICS_END = `Attributes have underscores for dots in \`/metrics\`: \`http_response_status_code\`. Every drop reason is there from the
start, at 0. All figures of one scrape come from one reading of the ledger, the same that \`/api/v1/stats\` shows.

Counters start at 0 with the process. \`redirector.records.inherited\` is set once, at the start.
`;

/** The page's text. */
export function telemetryPage(): string {
  const page = [
    INTRODUCTION,
    '## Metrics',
    '',
    '| metric | in `/metrics` | kind | unit | attributes | meaning |',
    '|---|---|---|---|---|---|',
    ...metricRows(),
    '',
    METRICS_END,
    `The buckets of \`http.server.request.duration\`, in seconds: ${requestDurationBuckets.join(', ')}.`,
    '',
    '### Values of `redirector.drop.reason`',
    '',
    '| reason | meaning |',
    '|---|---|',
    ...Object.entries(dropReasonMeaning).map(([reason, meaning]) => `| \`${reason}\` | ${meaning} |`),
    '',
    ...spansSection(),
  ];
  return `${page.join('\n').trimEnd()}\n`;
}
