/**
 * The events of the log: the one place for their names, levels, sentences and fields. Plain data, for every part of the
 * program; what is not here cannot be logged. Fields have the names of OpenTelemetry's semantic conventions where those
 * have one.
 */

export interface LogField {
  readonly type: 'text' | 'number';
  readonly meaning: string;
}

/** Every field that an event can have beside those of the line. */
export const logFields = {
  'client.address': { type: 'text', meaning: 'Address of the client.' },
  'error.type': { type: 'text', meaning: 'Name of the error, as who answered with it has it.' },
  'exception.message': { type: 'text', meaning: 'What went wrong, in a sentence or a part of one.' },
  'exception.stacktrace': {
    type: 'text',
    meaning: 'The error with the places in the code where it came up.',
  },
  'http.request.method': { type: 'text', meaning: 'Method of the request.' },
  'http.response.status_code': { type: 'number', meaning: 'Status of the answer.' },
  'messaging.destination.name': { type: 'text', meaning: 'The topic.' },
  'network.peer.address': { type: 'text', meaning: 'Address of the other end of the connection.' },
  'redirector.drain.duration': {
    type: 'number',
    meaning: 'Seconds that the drain took, without shutdown.grace.',
  },
  'redirector.drain.reason': {
    type: 'text',
    meaning: 'The signal, or why the server ends without one.',
  },
  'redirector.drop.reason': { type: 'text', meaning: 'Why: one of the drop reasons of the metrics.' },
  'redirector.record.partitions': { type: 'number', meaning: 'The option record.partitions.' },
  'redirector.records.delivered': { type: 'number', meaning: 'Records that the sink has confirmed.' },
  'redirector.records.dropped': { type: 'number', meaning: 'Records dropped since the last such line.' },
  'redirector.records.expired': {
    type: 'number',
    meaning: 'Records that were the oldest of a full spool and gave way.',
  },
  'redirector.records.lost': { type: 'number', meaning: 'Records that were dropped since the start.' },
  'redirector.records.rejected': { type: 'number', meaning: 'Records that the sink has refused for good.' },
  'redirector.records.spooled': { type: 'number', meaning: 'Records that the spool holds.' },
  'redirector.rules.count': { type: 'number', meaning: 'How many rules there are.' },
  'redirector.rules.hash': { type: 'text', meaning: 'First digits of the SHA-256 of file and keys.' },
  'redirector.rules.version': { type: 'number', meaning: '1 at the start, one more with each reload.' },
  'redirector.setting.problem': {
    type: 'text',
    meaning: 'Which setting is not understood, and what is done.',
  },
  'redirector.sink.kind': { type: 'text', meaning: 'Where records go: `kafka`, `spool` or `stdout`.' },
  'redirector.spool.usage': { type: 'number', meaning: 'Bytes of records in the spool.' },
  'redirector.thread.restarts': { type: 'number', meaning: 'How often the thread was replaced.' },
  'redirector.topic.partitions': { type: 'number', meaning: 'Partitions that the topic has.' },
  'server.port': { type: 'number', meaning: 'The port on which redirects are served.' },
  'service.instance.id': { type: 'text', meaning: "The first part of every record's `id`." },
  'service.version': { type: 'text', meaning: "Redirector's version." },
  'thread.name': {
    type: 'text',
    meaning: 'The worker thread that the event comes from, or is about; absent where it is the main thread.',
  },
  'url.path': { type: 'text', meaning: 'Path of the request, without its query.' },
} as const satisfies Record<string, LogField>;

export type LogFieldName = keyof typeof logFields;

/** What every line holds, some of them not always. In OTLP they are parts of the log record, not attributes. */
export const lineFields = {
  level: '`debug`, `info`, `warn` or `error`.',
  time: 'When it was written: RFC 3339, in UTC, with milliseconds.',
  event: "The event's name.",
  repeated: 'How often the event was left out since the last line of it; absent where that is never.',
  trace_id: 'The trace that the event belongs to; absent where it belongs to none.',
  span_id: 'The span of that trace; with `trace_id`.',
  trace_flags: "That span's flags, two hexadecimal digits; with `trace_id`.",
  msg: 'The sentence, for people; programs read `event`.',
} as const;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogEventSpec {
  readonly level: LogLevel;
  /** The sentence; `{field}` stands for a field's value. */
  readonly message: string;
  /** When it is written. */
  readonly when: string;
  readonly fields: readonly LogFieldName[];
  /** `stable`: name, level and fields stay until the next major version, at most fields are added. */
  readonly stability: 'stable' | 'development';
  /** It tells of the export itself, and is not exported: a failure would tell of itself without end. */
  readonly local?: true;
  /** It has several reasons, by turns: lines of it soon after one are left out also where theirs is another. */
  readonly anyReason?: true;
}

/** A reason is all that there is to say. */
export const failureFields = ['exception.message'] as const;

export const logEvents = {
  'redirector.rules.replaced': {
    level: 'info',
    message: 'Other rules are in force.',
    when: 'The rules file or the signing keys have changed, or SIGHUP came and they had.',
    stability: 'stable',
    fields: ['redirector.rules.version', 'redirector.rules.hash', 'redirector.rules.count'],
  },
  'redirector.rules.refused': {
    level: 'error',
    message: 'The rules stay as they were.',
    when: 'The rules file or the signing keys have changed and have a mistake.',
    stability: 'stable',
    fields: failureFields,
  },
  'redirector.rules.doubtful': {
    level: 'warn',
    message: 'Rules could be better.',
    when: 'Rules that come into force lead on from one of our hosts to another.',
    stability: 'development',
    fields: failureFields,
  },
  'redirector.certificate.replaced': {
    level: 'info',
    message: 'Another certificate is in force.',
    when: 'The files of https.cert and https.key have changed.',
    stability: 'stable',
    fields: [],
  },
  'redirector.certificate.refused': {
    level: 'error',
    message: 'The certificate stays as it was.',
    when: 'They have changed and cannot be used, as when only one of them is there yet.',
    stability: 'stable',
    fields: failureFields,
  },
  'redirector.server.started': {
    level: 'info',
    message: 'The server serves on port {server.port}.',
    when: 'Redirects are served from now on.',
    fields: ['server.port', 'redirector.sink.kind', 'service.version', 'service.instance.id'],
    stability: 'stable',
  },
  'redirector.drain.started': {
    level: 'info',
    message: 'Draining.',
    when: 'The server was told to end, or cannot go on.',
    fields: ['redirector.drain.reason'],
    stability: 'stable',
  },
  'redirector.drain.finished': {
    level: 'info',
    message: 'Drained: {redirector.records.lost} records were lost since the start.',
    when: 'All records have an outcome. The line on standard output has the whole account.',
    fields: ['redirector.drain.reason', 'redirector.drain.duration', 'redirector.records.lost'],
    stability: 'stable',
  },
  'redirector.thread.died': {
    level: 'error',
    message: 'The {thread.name} thread died and is replaced.',
    when: 'A worker thread ended without being told to.',
    fields: ['thread.name', 'exception.stacktrace', 'redirector.thread.restarts'],
    stability: 'stable',
  },
  'redirector.thread.given_up': {
    level: 'error',
    message: '{exception.message}',
    when: 'A worker thread died too often to be replaced again.',
    fields: ['thread.name', 'exception.message', 'exception.stacktrace'],
    stability: 'stable',
  },
  'redirector.records.dropped': {
    level: 'warn',
    message: '{redirector.records.dropped} records were dropped: {redirector.drop.reason}.',
    when: 'Records are lost: soon after the first, and once a minute while it goes on.',
    fields: ['redirector.records.dropped', 'redirector.drop.reason'],
    stability: 'stable',
  },
  'redirector.kafka.connected': {
    level: 'info',
    message: 'Kafka is connected.',
    when: 'Kafka takes records, for the first time or again.',
    fields: [],
    stability: 'stable',
  },
  'redirector.kafka.degraded': {
    level: 'warn',
    message: 'Kafka is not taking records; they wait in the queue.',
    when: 'Kafka cannot be reached or refuses, or the reason is another 5 s later.',
    fields: failureFields,
    stability: 'stable',
  },
  'redirector.kafka.keys_misplaced': {
    level: 'warn',
    message:
      'Topic {messaging.destination.name} has {redirector.topic.partitions} partitions, which do not divide record.partitions ({redirector.record.partitions}): keys are not where other producers would put them.',
    when: 'Records have keys, and the topic has another number of partitions than record.partitions says, or has got another.',
    fields: ['messaging.destination.name', 'redirector.topic.partitions', 'redirector.record.partitions'],
    stability: 'development',
  },
  'redirector.kafka.idempotence_lost': {
    level: 'warn',
    message:
      'The cluster refuses InitProducerId: going on without idempotence, so a resent batch can be appended twice.',
    when: '`idempotence` is `auto`, and the cluster gives no producer id.',
    fields: ['error.type'],
    stability: 'stable',
  },
  'redirector.kafka.idempotence_restored': {
    level: 'info',
    message: 'The cluster gives producer ids now: batches are idempotent again.',
    when: 'A producer id was given after one had been refused.',
    fields: [],
    stability: 'stable',
  },
  'redirector.kafka.batches_split': {
    level: 'warn',
    message:
      'Batches are too large for topic {messaging.destination.name}, and go in parts: raise its max.message.bytes.',
    when: 'The topic refuses a batch for its size.',
    fields: ['messaging.destination.name', 'error.type'],
    stability: 'stable',
  },
  'redirector.spool.write_failed': {
    level: 'warn',
    message: 'The spool cannot be written; records wait in the queue.',
    when: 'A write into the spool failed, or the reason has become another.',
    fields: failureFields,
    stability: 'stable',
  },
  'redirector.spool.write_restored': {
    level: 'info',
    message: 'The spool can be written again.',
    when: 'The first write after a failure.',
    fields: [],
    stability: 'stable',
  },
  'redirector.spool.replay_started': {
    level: 'info',
    message: 'The spool holds records from before: they go to the sink now.',
    when: 'The spool has rows at the start, and something else is the log.',
    fields: ['redirector.records.spooled', 'redirector.spool.usage'],
    stability: 'stable',
  },
  'redirector.spool.replay_finished': {
    level: 'info',
    message: 'The spool is empty: its records went to the sink.',
    when: 'The last row of the spool has an outcome.',
    fields: ['redirector.records.delivered', 'redirector.records.rejected', 'redirector.records.expired'],
    stability: 'stable',
  },
  'redirector.spool.replay_failed': {
    level: 'warn',
    message: 'The spool cannot be read or changed; its records stay in it.',
    when: 'Rows could not be read back or deleted, or the reason has become another.',
    fields: failureFields,
    stability: 'stable',
  },
  'redirector.spool.replay_restored': {
    level: 'info',
    message: 'The spool can be read again.',
    when: 'The first look after a failure.',
    fields: [],
    stability: 'stable',
  },
  'redirector.stdout.write_failed': {
    level: 'error',
    message: 'Standard output cannot be written.',
    when: 'Records were refused by standard output, or the reason has become another.',
    fields: failureFields,
    stability: 'stable',
  },
  'redirector.proxy.header_refused': {
    level: 'warn',
    message:
      'A connection of the trusted proxy {network.peer.address} was closed for its PROXY header: {exception.message}.',
    when: 'A connection of a trusted proxy does not begin with a proper header of the PROXY protocol; once a minute at most.',
    fields: ['network.peer.address', 'exception.message'],
    stability: 'stable',
  },
  'redirector.admin.request_refused': {
    level: 'warn',
    message: 'A request to the admin API was refused: it has no token, or a wrong one.',
    when: 'The admin API answers 401.',
    fields: ['http.request.method', 'url.path', 'http.response.status_code', 'client.address'],
    stability: 'stable',
  },
  'redirector.admin.request_failed': {
    level: 'error',
    message: 'A request to the admin API failed.',
    when: 'The admin API answers 500: a bug, please report it.',
    fields: [
      'http.request.method',
      'url.path',
      'http.response.status_code',
      'exception.message',
      'exception.stacktrace',
    ],
    stability: 'stable',
  },
  'redirector.telemetry.setting_ignored': {
    level: 'warn',
    message: '{redirector.setting.problem}',
    when: 'A variable of OpenTelemetry has a value that is not understood.',
    fields: ['redirector.setting.problem'],
    stability: 'development',
  },
  'redirector.telemetry.export_failed': {
    level: 'warn',
    message: 'Telemetry cannot be exported.',
    when: 'The OpenTelemetry SDK tells of a trouble; told every 10 s at most.',
    fields: failureFields,
    stability: 'development',
    local: true,
    anyReason: true,
  },
} as const satisfies Record<string, LogEventSpec>;

export type LogEvent = keyof typeof logEvents;
