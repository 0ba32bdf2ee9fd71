/** The part of docs/telemetry.md that is about spans. */
import { spans } from '../../src/telemetry/names.ts';

const INTRODUCTION = `## Spans

A redirect that is traced makes a SERVER span for its answer and under it a PRODUCER span for its record, from the push into the
queue to the acknowledgement or the drop. The record's headers carry \`traceparent\` of the PRODUCER span, so that consumers join the
trace. Each batch with traced records makes one more span, linked to all of them; it belongs to the trace of the first.

Spans are made in the supervisor, off the request path, from short notes of the other threads, and only when
\`OTEL_EXPORTER_OTLP_ENDPOINT\` or \`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT\` is set: without one nothing of OpenTelemetry's SDK is loaded, nobody is called,
and a caller's \`traceparent\` is handed on to the record as it came. \`tracestate\` is handed on with it; \`baggage\` only
with the option \`record.baggage\`, as it can hold what the consumers of a topic should not see.

### What is traced

1. The caller's decision, where its \`traceparent\` tells one.
2. Else \`telemetry.sampleRatio\`, and \`telemetry.errorSampleRatio\` for answers of status 400 and above. Where that is the higher one it also
   takes records that are dropped when they are offered, as by a full queue. A record that is lost later, with its batch, has spans only if it was
   traced from the start; for a lost batch without a traced record that ratio decides whether the batch has a span.
3. A set \`OTEL_TRACES_SAMPLER\` (with \`OTEL_TRACES_SAMPLER_ARG\`) wins over \`telemetry.sampleRatio\`. Its values that begin with \`parentbased_\`
   follow the caller, the others do not.
4. \`telemetry.maxSpansPerSecond\` limits all of them, callers who sample too, so that a flood cannot cost more than that. A traced redirect counts as three spans, the most that it
   can make; one second's worth may come at once. A tenth of the limit is for lost batches. What is over it is answered and recorded as ever, with the caller's \`traceparent\` in the record, and counted in \`redirector.traces.limited\`.

### Where spans go

Endpoint, headers, protocol and time-outs of the export are the standard \`OTEL_EXPORTER_OTLP_*\` variables, the limits of its batches \`OTEL_BSP_*\`;
\`OTEL_SERVICE_NAME\` and \`OTEL_RESOURCE_ATTRIBUTES\` win over the resource below. \`OTEL_SDK_DISABLED=true\` and
\`OTEL_TRACES_EXPORTER=none\` export nothing. A collector that is slow, away or refuses costs no answer and no record: what does not fit into the exporter's
queue is dropped and counted, and the log says once that there is trouble.

The resource has \`service.name\` (\`redirector\`), \`service.version\` and \`service.instance.id\` (the first part of every record's
\`id\`). With an endpoint set, the auto-instrumentations of OpenTelemetry add spans of the admin API, named by them; of probes
and scrapes only those that carry \`traceparent\`. \`redirector doctor\` lists which instrumentations are on and why.
\`OTEL_NODE_ENABLED_INSTRUMENTATIONS\` and \`OTEL_NODE_DISABLED_INSTRUMENTATIONS\` change that. No thread that answers or ships
loads any. Commands other than \`serve\` export nothing.
`;

/** The section, line by line. */
export const spansSection = (): string[] => [
  INTRODUCTION,
  ...spans.flatMap(({ name, kind, parent, links, from, to, stability, attributes }) => [
    `### \`${name}\``,
    '',
    `Kind ${kind}, ${stability}.`,
    '',
    `- Parent: ${parent}`,
    ...(links === undefined ? [] : [`- Links: ${links}`]),
    `- Begins when: ${from}`,
    `- Ends when: ${to}`,
    '',
    '| attribute | what it holds |',
    '|---|---|',
    ...Object.entries(attributes).map(([attribute, meaning]) => `| \`${attribute}\` | ${meaning} |`),
    '',
  ]),
];
