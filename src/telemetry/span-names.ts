/** Every span that redirects make: its name, kind, beginning, end and attributes. Names follow OpenTelemetry's semantic conventions. */
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
