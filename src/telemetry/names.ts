/**
 * Names, units, meanings and buckets of what is exported: the one place for them. Plain data, for every part of the
 * program. Names follow OpenTelemetry's semantic conventions where those have one.
 */

/** Buckets of http.server.request.duration in seconds: those of the semantic conventions, and below a millisecond. */
export const requestDurationBuckets = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1,
  2.5, 5, 7.5, 10,
] as const;

export interface MetricName {
  /** `counter` only grows, `gauge` is a level, `histogram` has the buckets above. */
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** UCUM, as OpenTelemetry has it. */
  readonly unit: string;
  readonly meaning: string;
  readonly attributes?: readonly string[];
}

export const metrics = {
  'http.server.request.duration': {
    kind: 'histogram',
    unit: 's',
    meaning: 'From the request being read to its answer being written, over all requests.',
  },
  'redirector.answers': {
    kind: 'counter',
    unit: '{response}',
    meaning: 'Answers, by status.',
    attributes: ['http.response.status_code'],
  },
  'redirector.records.inherited': {
    kind: 'counter',
    unit: '{record}',
    meaning: 'Records that the spool held when this process started.',
  },
  'redirector.records.offered': {
    kind: 'counter',
    unit: '{record}',
    meaning: 'Records offered to the queue, one for each answer.',
  },
  'redirector.records.delivered': {
    kind: 'counter',
    unit: '{record}',
    meaning: 'Records confirmed by the sink.',
  },
  'redirector.records.dropped': {
    kind: 'counter',
    unit: '{record}',
    meaning: 'Records lost, by reason.',
    attributes: ['redirector.drop.reason'],
  },
  'redirector.records.unconfirmed': {
    kind: 'counter',
    unit: '{record}',
    meaning: 'Dropped records that had been on the wire and may be in the topic all the same.',
  },
  'redirector.records.possible_duplicates': {
    kind: 'counter',
    unit: '{record}',
    meaning: 'Records sent again that the broker could not recognise if it had them.',
  },
  'redirector.records.spooled': {
    kind: 'gauge',
    unit: '{record}',
    meaning: 'Records that the spool holds now.',
  },
  'redirector.records.queued': {
    kind: 'gauge',
    unit: '{record}',
    meaning: 'Records that wait in the queue.',
  },
  'redirector.records.in_flight': {
    kind: 'gauge',
    unit: '{record}',
    meaning: 'Records that the sink has and has not confirmed.',
  },
  'redirector.records.unaccounted': {
    kind: 'gauge',
    unit: '{record}',
    meaning: 'What the ledger cannot place; 0 whenever the threads are quiet.',
  },
  'redirector.queue.usage': { kind: 'gauge', unit: 'By', meaning: 'Memory of the slabs in use.' },
  'redirector.queue.limit': { kind: 'gauge', unit: 'By', meaning: 'Memory of all slabs.' },
  'redirector.queue.high_water': {
    kind: 'gauge',
    unit: 'By',
    meaning: 'The most memory in use within the last 30 to 60 seconds.',
  },
  'redirector.queue.oldest_age': {
    kind: 'gauge',
    unit: 's',
    meaning: 'Age of the oldest batch in the queue.',
  },
  'redirector.spool.usage': { kind: 'gauge', unit: 'By', meaning: 'Bytes of records in the spool.' },
  'redirector.sink.connected': {
    kind: 'gauge',
    unit: '1',
    meaning: '1 while the sink takes records, else 0.',
  },
  'redirector.listener.restarts': {
    kind: 'counter',
    unit: '{restart}',
    meaning: 'Listener threads that died and were replaced.',
  },
} as const satisfies Record<string, MetricName>;

export type MetricKey = keyof typeof metrics;

/** One kind of span, as spans.ts makes it. */
export interface SpanName {
  /** `{...}` stands for a value. */
  readonly name: string;
  readonly kind: 'SERVER' | 'PRODUCER' | 'CLIENT' | 'INTERNAL';
  readonly parent: string;
  readonly links?: string;
  readonly from: string;
  readonly to: string;
  readonly stability: 'stable' | 'development';
  /** What each attribute holds; where it is not always there, its meaning says when. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** What a batch's fate tells. */
const fateAttributes = {
  'redirector.batch.records': 'Records in the batch.',
  'redirector.batch.outcome': '`delivered`, `spooled` or `dropped`.',
  'messaging.destination.partition.id': 'The partition; only where the batch was delivered to Kafka.',
  'error.type': 'Drop reason; only where records were dropped. The status of the span is then ERROR.',
} as const;

const messagingAttributes = (operation: string) => ({
  'messaging.system': 'Always `kafka`.',
  'messaging.operation.name': `Always \`${operation}\`.`,
  'messaging.operation.type': 'Always `send`.',
  'messaging.destination.name': 'The topic.',
});

export const spans: readonly SpanName[] = [
  {
    name: '{http.request.method} {http.route}',
    kind: 'SERVER',
    parent: "The caller's span, by its `traceparent`; none where it sent none.",
    from: 'The request has been read.',
    to: 'The answer has been handed to the socket.',
    stability: 'stable',
    attributes: {
      'http.request.method': 'Method; `_OTHER` where it is not a known one.',
      'http.request.method_original': 'Method as sent; only where it is not a known one.',
      'http.response.status_code': 'Status of the answer.',
      'http.route': 'Path of the rule, `/*` for `target`; absent where there was no redirect.',
      'url.scheme': 'Always `http`.',
      'url.path': 'Path as recorded, without the query.',
      'url.query': 'Query as recorded, without its question mark; absent where there was none.',
      'server.address': 'Host header without its port; absent where there was none.',
      'server.port': 'Port of the Host header; absent where there was none.',
      'user_agent.original': 'User-Agent header as recorded; absent where there is none.',
      'client.address': "The client's address as it is recorded; absent where it is not.",
      'network.peer.address':
        'Address of the connection, which may be a proxy; absent where it would tell what is not recorded.',
      'network.peer.port': 'Its port.',
      'network.protocol.version': 'HTTP version of the request.',
    },
  },
  {
    name: 'send {messaging.destination.name}',
    kind: 'PRODUCER',
    parent: 'The SERVER span.',
    links: 'The span of its batch.',
    from: 'The answer has been handed to the socket.',
    to: 'The fate of the record is known.',
    stability: 'development',
    attributes: {
      'messaging.system': 'Always `kafka`; only where records go to Kafka, as the next three.',
      'messaging.operation.name': 'Always `send`.',
      'messaging.operation.type': 'Always `send`.',
      'messaging.destination.name': 'The topic.',
      'messaging.kafka.offset': 'Offset of this record; only where the broker told it.',
      ...fateAttributes,
      'redirector.batch.records':
        'Records in the batch; absent, with the next, where the record was dropped before it was in one.',
    },
  },
  {
    name: 'produce {messaging.destination.name}',
    kind: 'CLIENT',
    parent: "The PRODUCER span of the batch's first traced record; none in a lost batch without one.",
    links: 'The PRODUCER spans of all traced records in the batch.',
    from: 'The batch has been taken to be sent to Kafka; what is tried again is in the same span.',
    to: 'Its fate is known: acknowledged, or dropped.',
    stability: 'development',
    attributes: {
      ...messagingAttributes('produce'),
      'messaging.batch.message_count': 'Records in the batch.',
      ...fateAttributes,
    },
  },
  {
    name: 'write {spool|stdout}',
    kind: 'INTERNAL',
    parent: 'As of `produce`.',
    links: 'As of `produce`.',
    from: 'The batch has been taken to be written to the spool or to standard output.',
    to: 'Its fate is known.',
    stability: 'development',
    attributes: fateAttributes,
  },
  {
    name: 'drop batch',
    kind: 'INTERNAL',
    parent: 'None: no record of the batch is traced.',
    from: 'The batch was begun.',
    to: 'It was dropped before anything took it.',
    stability: 'development',
    attributes: fateAttributes,
  },
];
