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
  readonly kind: 'SERVER' | 'PRODUCER';
  readonly from: string;
  readonly to: string;
  /** What each attribute holds; where it is not always there, its meaning says when. */
  readonly attributes: Readonly<Record<string, string>>;
}

export const spans: readonly SpanName[] = [
  {
    name: '{http.request.method} {http.route}',
    kind: 'SERVER',
    from: 'The request has been read.',
    to: 'The answer has been handed to the socket.',
    attributes: {
      'http.request.method': 'Method; `_OTHER` where it is not a known one.',
      'http.request.method_original': 'Method as sent; only where it is not a known one.',
      'http.response.status_code': 'Status of the answer.',
      'http.route': 'Path of the rule, `/*` for `target`; absent where there was no redirect.',
      'url.scheme': 'Always `http`.',
      'url.path': 'Path as sent, without the query.',
      'url.query': 'Query as sent, without its question mark; absent where there was none.',
      'server.address': 'Host header without its port; absent where there was none.',
      'server.port': 'Port of the Host header; absent where there was none.',
      'user_agent.original': 'User-Agent header as sent; absent where there was none.',
      'client.address': 'Address of the peer.',
      'network.peer.address': 'Address of the peer.',
      'network.peer.port': 'Port of the peer.',
      'network.protocol.version': 'HTTP version of the request.',
    },
  },
  {
    name: 'send {messaging.destination.name}',
    kind: 'PRODUCER',
    from: 'The answer has been handed to the socket.',
    to: 'The fate of the record is known.',
    attributes: {
      'messaging.system': 'Always `kafka`; only where records go to Kafka.',
      'messaging.operation.name': 'Always `send`; only where records go to Kafka.',
      'messaging.operation.type': 'Always `send`; only where records go to Kafka.',
      'messaging.destination.name': 'The topic; only where records go to Kafka.',
      'messaging.destination.partition.id': 'The partition; only of records that were delivered to Kafka.',
      'messaging.kafka.offset': 'Offset of this record; only where the broker told it.',
      'redirector.batch.records':
        'Records in the batch; absent where the record was dropped before it was in one.',
      'redirector.record.outcome':
        '`delivered`, `spooled` or `dropped`; absent where the record was dropped before it was in a batch.',
      'error.type': 'Drop reason; only of records that were dropped. The status of the span is then ERROR.',
    },
  },
];
