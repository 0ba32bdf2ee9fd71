/**
 * Every metric: its name, unit, meaning, attributes and buckets. Names follow OpenTelemetry's semantic conventions where
 * those have one; `stable` ones keep name, kind, unit and attributes within a major version.
 */

/** Seconds: those of the semantic conventions, and below a millisecond. */
const requestDurationBuckets = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1,
  2.5, 5, 7.5, 10,
] as const;
/** Seconds: those of the semantic conventions for messaging, and up to the default of delivery.timeout. */
const sinkDurationBuckets = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 120,
] as const;
/** Up to the 1,000 records of a slab. */
const batchRecordsBuckets = [1, 2, 5, 10, 25, 50, 100, 250, 500, 750, 1000] as const;
/** Up to the 256 KiB of a slab. */
const batchSizeBuckets = [256, 1024, 4096, 16_384, 32_768, 65_536, 131_072, 262_144] as const;

/** What every metric has. */
interface Described {
  /** UCUM, as OpenTelemetry has it. */
  readonly unit: string;
  readonly meaning: string;
  readonly stability: 'stable' | 'development';
  /** What each attribute holds; where it is not always there, it says when. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** A `counter` only grows, a `gauge` is a level, a `histogram` counts by bucket. */
export type MetricName =
  | (Described & { readonly kind: 'counter' | 'gauge' })
  | (Described & {
      readonly kind: 'histogram';
      /** Upper bounds, in the unit. */
      readonly buckets: readonly number[];
    });

const THREAD = { 'thread.name': '`supervisor`, `listener 0` and so on, `shipper` or `spooler`.' };
const FAILED = { 'error.type': '`failed`; absent of what was exported.' };

export const metrics = {
  'http.server.request.duration': {
    kind: 'histogram',
    unit: 's',
    meaning: 'From the request being read to its answer being handed to the socket, over all requests.',
    stability: 'stable',
    attributes: {
      'http.request.method': 'Method; `_OTHER` where it is not a known one.',
      'http.response.status_code': 'Status of the answer.',
      'url.scheme': '`http`, or `https` with the option `https.cert`.',
    },
    buckets: requestDurationBuckets,
  },
  'http.server.active_requests': {
    kind: 'gauge',
    unit: '{request}',
    meaning: 'Requests whose answer the client has not taken yet.',
    stability: 'development',
  },
  'redirector.connections.open': {
    kind: 'gauge',
    unit: '{connection}',
    meaning: 'Connections of clients that are open.',
    stability: 'stable',
  },
  'redirector.connections.refused': {
    kind: 'counter',
    unit: '{connection}',
    meaning: 'Connections of clients that were closed before their first request, by reason.',
    stability: 'stable',
    attributes: {
      'redirector.refusal.reason':
        '`limit`: over `limit.connections`; `address_limit`: over `limit.connectionsPerAddress`; `proxy_header`: a trusted proxy sent none, or a wrong one. Each is there from the start, at 0.',
    },
  },
  'redirector.requests.refused': {
    kind: 'counter',
    unit: '{request}',
    meaning: 'Requests that were answered before any rule was looked at, and have no record.',
    stability: 'stable',
    attributes: {
      'http.response.status_code':
        '400 malformed, 408 too slow, 413 chunk extensions too large, 417 an Expect other than 100-continue, 431 head too large. Each is there from the start, at 0.',
    },
  },
  'redirector.records.inherited': {
    kind: 'counter',
    unit: '{record}',
    meaning: 'Records that the spool held when this process started.',
    stability: 'stable',
  },
  'redirector.records.offered': {
    kind: 'counter',
    unit: '{record}',
    meaning: 'Records offered to the queue, one for each answer.',
    stability: 'stable',
  },
  'redirector.records.delivered': {
    kind: 'counter',
    unit: '{record}',
    meaning: 'Records confirmed by the sink.',
    stability: 'stable',
  },
  'redirector.records.dropped': {
    kind: 'counter',
    unit: '{record}',
    meaning: 'Records lost, by reason.',
    stability: 'stable',
    attributes: { 'redirector.drop.reason': 'One of the reasons below; each is there from the start, at 0.' },
  },
  'redirector.records.unconfirmed': {
    kind: 'counter',
    unit: '{record}',
    meaning: 'Dropped records that had been on the wire and may be in the topic all the same.',
    stability: 'stable',
  },
  'redirector.records.possible_duplicates': {
    kind: 'counter',
    unit: '{record}',
    meaning: 'Records sent again that the broker could not recognise if it had them.',
    stability: 'stable',
  },
  'redirector.records.spooled': {
    kind: 'gauge',
    unit: '{record}',
    meaning: 'Records that the spool holds now.',
    stability: 'stable',
  },
  'redirector.records.queued': {
    kind: 'gauge',
    unit: '{record}',
    meaning: 'Records that wait in the queue.',
    stability: 'stable',
  },
  'redirector.records.in_flight': {
    kind: 'gauge',
    unit: '{record}',
    meaning: 'Records that the sink has and has not confirmed.',
    stability: 'stable',
  },
  'redirector.records.unaccounted': {
    kind: 'gauge',
    unit: '{record}',
    meaning: 'What the ledger cannot place; 0 whenever the threads are quiet.',
    stability: 'stable',
  },
  'redirector.queue.usage': {
    kind: 'gauge',
    unit: 'By',
    meaning: 'Memory of the slabs in use.',
    stability: 'stable',
  },
  'redirector.queue.limit': {
    kind: 'gauge',
    unit: 'By',
    meaning: 'Memory of all slabs.',
    stability: 'stable',
  },
  'redirector.queue.usage_high_water': {
    kind: 'gauge',
    unit: 'By',
    meaning: 'The most memory in use within the last 30 to 60 seconds.',
    stability: 'stable',
  },
  'redirector.queue.records_high_water': {
    kind: 'gauge',
    unit: '{record}',
    meaning: 'The most records in the queue within the last 30 to 60 seconds.',
    stability: 'stable',
  },
  'redirector.queue.oldest_age': {
    kind: 'gauge',
    unit: 's',
    meaning: 'Age of the oldest batch in the queue.',
    stability: 'stable',
  },
  'redirector.queue.oldest_age_high_water': {
    kind: 'gauge',
    unit: 's',
    meaning: 'The highest age of a batch in the queue within the last 30 to 60 seconds.',
    stability: 'stable',
  },
  'redirector.queue.time_until_full': {
    kind: 'gauge',
    unit: 's',
    meaning:
      'Until the queue is full if the sink took nothing, at the rate of the last seconds; absent without traffic.',
    stability: 'stable',
  },
  'redirector.batch.records': {
    kind: 'histogram',
    unit: '{record}',
    meaning: 'Records in a batch whose outcome a sink has told.',
    stability: 'development',
    buckets: batchRecordsBuckets,
  },
  'redirector.batch.size': {
    kind: 'histogram',
    unit: 'By',
    meaning: 'Bytes of a batch whose outcome a sink has told, before compression.',
    stability: 'development',
    buckets: batchSizeBuckets,
  },
  'redirector.batch.delivery.duration': {
    kind: 'histogram',
    unit: 's',
    meaning:
      "From a batch's first record to its outcome at a sink; of a batch from the spool, from its being read back.",
    stability: 'development',
    attributes: { 'redirector.batch.outcome': '`delivered`, `spooled` or `dropped`.' },
    buckets: sinkDurationBuckets,
  },
  'messaging.client.operation.duration': {
    kind: 'histogram',
    unit: 's',
    meaning: 'One Produce request, with connecting where that was needed; only where records go to Kafka.',
    stability: 'development',
    attributes: {
      'messaging.system': 'Always `kafka`.',
      'messaging.operation.name': 'Always `send`.',
      'messaging.destination.name':
        'The topic; absent where rules name others, as one request can carry several.',
      'error.type':
        '`timeout`, `credentials` (refused by the broker) or `connection` (any other failure of it); absent where the request was answered.',
    },
    buckets: sinkDurationBuckets,
  },
  'redirector.sink.retries': {
    kind: 'counter',
    unit: '{batch}',
    meaning: 'Batches sent to Kafka again.',
    stability: 'stable',
  },
  'redirector.sink.reconnects': {
    kind: 'counter',
    unit: '{connection}',
    meaning: 'Connections to brokers beyond the first to each.',
    stability: 'stable',
  },
  'redirector.sink.connected': {
    kind: 'gauge',
    unit: '1',
    meaning: '1 while the sink takes records, else 0.',
    stability: 'stable',
  },
  'redirector.sink.partitions': {
    kind: 'gauge',
    unit: '{partition}',
    meaning: 'Partitions of the topic that have a leader; absent while that is not known.',
    stability: 'stable',
  },
  'redirector.spool.usage': {
    kind: 'gauge',
    unit: 'By',
    meaning: 'Bytes of records in the spool.',
    stability: 'stable',
  },
  'redirector.spool.limit': {
    kind: 'gauge',
    unit: 'By',
    meaning: 'Bytes of records that the spool may hold.',
    stability: 'stable',
  },
  'redirector.spool.connected': {
    kind: 'gauge',
    unit: '1',
    meaning: '1 while the spool takes records, else 0; absent where no spool is open.',
    stability: 'stable',
  },
  'redirector.spool.write.duration': {
    kind: 'histogram',
    unit: 's',
    meaning: 'One transaction that writes batches into the spool, also one that failed.',
    stability: 'development',
    buckets: sinkDurationBuckets,
  },
  'redirector.thread.restarts': {
    kind: 'counter',
    unit: '{restart}',
    meaning: 'Times that a thread died and was replaced.',
    stability: 'stable',
    attributes: { 'thread.name': '`listener 0` and so on, `shipper` or `spooler`.' },
  },
  'nodejs.eventloop.delay.p50': {
    kind: 'gauge',
    unit: 's',
    meaning: 'Median delay of the event loop within the last 30 to 60 seconds.',
    stability: 'development',
    attributes: THREAD,
  },
  'nodejs.eventloop.delay.p99': {
    kind: 'gauge',
    unit: 's',
    meaning: '99th percentile of the delay of the event loop within the last 30 to 60 seconds.',
    stability: 'development',
    attributes: THREAD,
  },
  'nodejs.eventloop.delay.max': {
    kind: 'gauge',
    unit: 's',
    meaning: 'Longest delay of the event loop within the last 30 to 60 seconds.',
    stability: 'development',
    attributes: THREAD,
  },
  'nodejs.eventloop.utilization': {
    kind: 'gauge',
    unit: '1',
    meaning: 'Part of the last 30 to 60 seconds in which the event loop was busy, from 0 to 1.',
    stability: 'development',
    attributes: THREAD,
  },
  'process.cpu.time': {
    kind: 'counter',
    unit: 's',
    meaning: 'CPU time of the process, over all of its threads.',
    stability: 'development',
    attributes: { 'cpu.mode': '`user` or `system`.' },
  },
  'process.memory.usage': {
    kind: 'gauge',
    unit: 'By',
    meaning: 'Resident memory of the process.',
    stability: 'development',
  },
  'process.uptime': {
    kind: 'gauge',
    unit: 's',
    meaning: 'Time since the process started.',
    stability: 'development',
  },
  'process.unix.file_descriptor.count': {
    kind: 'gauge',
    unit: '{file_descriptor}',
    meaning: 'File descriptors that the process has open; on Linux only.',
    stability: 'development',
  },
  'redirector.build.info': {
    kind: 'gauge',
    unit: '1',
    meaning: 'Always 1; its attributes tell what runs.',
    stability: 'stable',
    attributes: {
      'service.version': 'Version of Redirector.',
      'process.runtime.version': 'Version of Node.',
    },
  },
  'redirector.rules.version': {
    kind: 'gauge',
    unit: '1',
    meaning: 'Of the rules in force: 1 at the start, one more with each reload that brought others.',
    stability: 'stable',
  },
  'redirector.rules.info': {
    kind: 'gauge',
    unit: '1',
    meaning: 'Always 1; its attribute tells which rules are in force. Absent without a rules file.',
    stability: 'stable',
    attributes: {
      'redirector.rules.hash': 'First 12 hex digits of a SHA-256 over the rules file and the signing keys.',
    },
  },
  'redirector.rules.refused': {
    kind: 'gauge',
    unit: '1',
    meaning: '1 while the rules file as it is now has a mistake and older rules are in force, else 0.',
    stability: 'stable',
  },
  'redirector.traces.sampled': {
    kind: 'counter',
    unit: '{trace}',
    meaning: 'Redirects that were traced.',
    stability: 'stable',
  },
  'redirector.traces.limited': {
    kind: 'counter',
    unit: '{trace}',
    meaning: 'Redirects, and lost batches, that would have been traced, were it not for the limit on spans.',
    stability: 'stable',
  },
  'otel.sdk.processor.span.processed': {
    kind: 'counter',
    unit: '{span}',
    meaning: 'Spans that the exporter is done with, or that were lost before it.',
    stability: 'development',
    attributes: {
      'error.type':
        '`queue_full` where the exporter did not keep up, `given_up` where the fate of the batch never came; absent of spans that the exporter had.',
    },
  },
  'otel.sdk.exporter.span.exported': {
    kind: 'counter',
    unit: '{span}',
    meaning: 'Spans whose export has ended.',
    stability: 'development',
    attributes: FAILED,
  },
  'otel.sdk.exporter.metric_data_point.exported': {
    kind: 'counter',
    unit: '{data_point}',
    meaning: 'Data points of metrics whose export by OTLP has ended.',
    stability: 'development',
    attributes: FAILED,
  },
  'otel.sdk.exporter.log.exported': {
    kind: 'counter',
    unit: '{log_record}',
    meaning: 'Log records whose export by OTLP has ended.',
    stability: 'development',
    attributes: FAILED,
  },
} as const satisfies Record<string, MetricName>;

export type MetricKey = keyof typeof metrics;

/** Those that are histograms. */
export type HistogramKey = {
  [Key in MetricKey]: (typeof metrics)[Key] extends { readonly kind: 'histogram' } ? Key : never;
}[MetricKey];

/** All others: each point of them is one number. */
export type NumberKey = Exclude<MetricKey, HistogramKey>;

/** Every metric's key, in the order of the table. */
export const metricKeys = Object.keys(metrics) as MetricKey[];
