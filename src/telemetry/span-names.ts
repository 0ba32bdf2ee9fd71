/** Every kind of span, with its attributes: names follow OpenTelemetry's semantic conventions where those have one. */

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
      'url.scheme': '`http`, or `https` with the option `https.cert`.',
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
