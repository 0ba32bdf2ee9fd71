/** docs/telemetry.md, from the tables of metrics and spans and that of drop reasons. */
import { dropReasonMeaning } from '../../src/server/queue/drop-reason.ts';
import { type MetricName, metrics } from '../../src/telemetry/names.ts';
import { prometheusName } from '../../src/telemetry/prometheus-name.ts';
import { logSection } from './telemetry-logs.ts';
import { spansSection } from './telemetry-spans.ts';

const INTRODUCTION = `# Telemetry

Metrics are at \`/metrics\` of the admin port (and of the health port with \`health.metrics\`), always. Metrics and spans are
exported by OTLP only when \`OTEL_EXPORTER_OTLP_ENDPOINT\` is set, or the same for one of them
(\`OTEL_EXPORTER_OTLP_METRICS_ENDPOINT\`, \`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT\`): a bare start calls nobody.
`;

const METRICS_INTRODUCTION = `\`/metrics\` answers in Prometheus's text format, or in OpenMetrics 1.0 where the scraper's \`Accept\` asks for it. Only
OpenMetrics has exemplars: on the buckets of \`http.server.request.duration\`, the trace and span of the newest traced redirect that
fell into it. Prometheus asks for OpenMetrics by itself; it keeps exemplars with \`--enable-feature=exemplar-storage\`.

By OTLP the same reading leaves every \`OTEL_METRIC_EXPORT_INTERVAL\` (60,000 ms), which may take
\`OTEL_METRIC_EXPORT_TIMEOUT\` (30,000 ms), with cumulative temporality, and once more at the end. With it leave the metrics that the
auto-instrumentations make of the supervisor (\`v8js.*\`, \`http.client.*\`), but for \`nodejs.eventloop.*\` and those that would have a
name of the table: they would tell of the admin API alone. \`OTEL_METRICS_EXPORTER=none\` exports none. An export that fails is counted and told in
the log, and touches no answer.

Names, kinds, units and attributes of \`stable\` metrics change only with a major version. All figures of one reading belong
together: they are those that \`/api/v1/stats\` shows. In \`/metrics\` attributes have underscores for dots:
\`http_response_status_code\`.

Counters start at 0 with the process. \`redirector.records.inherited\` is set once, at the start.
`;

function metricRows(): string[] {
  return Object.entries<MetricName>(metrics).map(([key, metric]) => {
    const { kind, unit, meaning, stability } = metric;
    return `| \`${key}\` | \`${prometheusName(key, metric)}\` | ${kind} | \`${unit}\` | ${stability} | ${meaning} |`;
  });
}

function attributeRows(): string[] {
  return Object.entries<MetricName>(metrics).flatMap(([key, { attributes = {} }]) =>
    Object.entries(attributes).map(([name, meaning]) => `| \`${key}\` | \`${name}\` | ${meaning} |`),
  );
}

function bucketRows(): string[] {
  return Object.entries<MetricName>(metrics).flatMap(([key, metric]) =>
    metric.kind === 'histogram' ? [`| \`${key}\` | \`${metric.unit}\` | ${metric.buckets.join(', ')} |`] : [],
  );
}

function metricsSection(): string[] {
  return [
    '## Metrics',
    '',
    METRICS_INTRODUCTION,
    '| metric | in `/metrics` | kind | unit | stability | meaning |',
    '|---|---|---|---|---|---|',
    ...metricRows(),
    '',
    '### Attributes of metrics',
    '',
    '| metric | attribute | what it holds |',
    '|---|---|---|',
    ...attributeRows(),
    '',
    '### Values of `redirector.drop.reason`',
    '',
    '| reason | meaning |',
    '|---|---|',
    ...Object.entries(dropReasonMeaning).map(([reason, meaning]) => `| \`${reason}\` | ${meaning} |`),
    '',
    '### Buckets',
    '',
    '| metric | unit | upper bounds |',
    '|---|---|---|',
    ...bucketRows(),
    '',
  ];
}

/** The page's text. */
export function telemetryPage(): string {
  const page = [INTRODUCTION, ...metricsSection(), ...spansSection(), ...logSection()];
  return `${page.join('\n').trimEnd()}\n`;
}
