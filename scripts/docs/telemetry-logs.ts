/** The section "Logs" of docs/telemetry.md, from the table of events. */
import { type LogEventSpec, lineFields, logEvents, logFields } from '../../src/telemetry/log-names.ts';

const INTRODUCTION = `Each event is one JSON line on standard error, from the level \`log.level\` on. Programs read \`event\` and the fields;
\`msg\` is for people. An event that repeats within 10 s, with the same error, is written once, and the next line of it says
how often it was left out. Other lines on standard error, such as those of the start, are for people and no JSON. There is
no access log: the records are that.

Passwords, tokens and secrets of the options, values of \`OTEL_EXPORTER_OTLP_HEADERS\`, and user names and passwords within
URLs stand as \`[hidden]\` in every line, whatever error brought them.

With \`OTEL_LOGS_EXPORTER=otlp\` and \`OTEL_EXPORTER_OTLP_ENDPOINT\` or \`OTEL_EXPORTER_OTLP_LOGS_ENDPOINT\` set, the same events
leave as OTLP log records too: \`event\` is the event name, \`msg\` the body, \`level\` the severity, and the fields are the
attributes, \`repeated\` with them. The standard \`OTEL_EXPORTER_OTLP_*\` and \`OTEL_BLRP_*\` variables apply. A collector that
is away costs one line in the log and what could not be sent. Without \`OTEL_LOGS_EXPORTER\` no log record leaves, also with an
endpoint set.

An event that comes up within a request to the admin API has that request's trace, where spans are exported.`;

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const table = (title: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  row(title),
  `|${'---|'.repeat(title.length)}`,
  ...rows.map(row),
  '',
];

const code = (text: string): string => `\`${text}\``;

function eventRow([name, { level, message, when, fields, stability, local }]: [
  string,
  LogEventSpec,
]): string[] {
  const notes = local ? `${when} Never exported by OTLP.` : when;
  return [
    code(name),
    level,
    message.replace(/\{([\w.]+)\}/g, '`{$1}`'),
    notes,
    fields.map(code).join(', '),
    stability,
  ];
}

/** The section's lines. */
export const logSection = (): string[] => [
  '## Logs',
  '',
  INTRODUCTION,
  '',
  '### What every line holds',
  '',
  ...table(
    ['field', 'what it holds'],
    Object.entries(lineFields).map(([name, is]) => [code(name), is]),
  ),
  '### Events',
  '',
  ...table(
    ['event', 'level', 'sentence', 'when', 'fields', 'stability'],
    Object.entries<LogEventSpec>(logEvents).map(eventRow),
  ),
  '### Fields of events',
  '',
  ...table(
    ['field', 'type', 'what it holds'],
    Object.entries(logFields).map(([name, { type, meaning }]) => [code(name), type, meaning]),
  ),
];
