/** docs/telemetry.md, from the tables of metrics and spans and that of drop reasons. */
import { dropReasonMeaning } from '../../src/server/queue/drop-reason.ts';
import { type MetricName, metrics, requestDurationBuckets, spans } from '../../src/telemetry/names.ts';
import { logSection } from './telemetry-logs.ts';

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

const SPANS_INTRODUCTION = `## Spans

A redirect that is sampled makes two spans, and the record's headers carry \`traceparent\` of the second, so that consumers
join the trace. Where nothing is exported, a caller's \`traceparent\` is handed on to the record as it came. A caller's
\`tracestate\` is handed on with it.

Whether a redirect is sampled: the caller's decision where its \`traceparent\` tells one, else \`telemetry.sampleRatio\`. A set
\`OTEL_TRACES_SAMPLER\` (with \`OTEL_TRACES_SAMPLER_ARG\`) wins over that; its values that begin with \`parentbased_\` follow the
caller, the others do not. Endpoint, headers, protocol and time-outs of the
export are the standard \`OTEL_EXPORTER_OTLP_*\` variables; \`OTEL_SERVICE_NAME\` and \`OTEL_RESOURCE_ATTRIBUTES\` win over the
resource below. \`OTEL_SDK_DISABLED=true\` and \`OTEL_TRACES_EXPORTER=none\` export nothing.

The resource has \`service.name\` (\`redirector\`), \`service.version\` and \`service.instance.id\` (the first part of every record's
\`id\`). With an endpoint set, the auto-instrumentations of OpenTelemetry add spans of the admin API, named by them; of probes
and scrapes only those that carry \`traceparent\`. \`redirector doctor\` lists which instrumentations are on and
why. \`OTEL_NODE_ENABLED_INSTRUMENTATIONS\` and \`OTEL_NODE_DISABLED_INSTRUMENTATIONS\` change that. No thread that answers or ships
loads any. Commands other than \`serve\` export nothing.
`;

function spanSections(): string[] {
  return spans.flatMap(({ name, kind, from, to, attributes }) => [
    `### \`${name}\``,
    '',
    `Kind ${kind}. Begins when: ${from} Ends when: ${to}`,
    '',
    '| attribute | what it holds |',
    '|---|---|',
    ...Object.entries(attributes).map(([attribute, meaning]) => `| \`${attribute}\` | ${meaning} |`),
    '',
  ]);
}

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
    SPANS_INTRODUCTION,
    ...spanSections(),
    ...logSection(),
  ];
  return `${page.join('\n').trimEnd()}\n`;
}
