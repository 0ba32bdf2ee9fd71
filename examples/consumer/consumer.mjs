// A consumer that goes on with the trace of each click: `node examples/consumer/consumer.mjs --help`. README.md beside it
// says how to see that.
import { parseArgs } from 'node:util';
import { propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { Kafka, logLevel } from 'kafkajs';

const USAGE = `node examples/consumer/consumer.mjs [flags]
  --brokers HOST:PORT,...   (BROKERS, localhost:9092)
  --topic NAME              (TOPIC, log)
  --group NAME              (GROUP, redirector-example)
  --from-beginning          what a group that has read nothing yet begins with; else with what comes
  --endpoint URL            where spans go by OTLP (OTEL_EXPORTER_OTLP_ENDPOINT); without it none are made
`;

const { BROKERS, TOPIC, GROUP, OTEL_EXPORTER_OTLP_ENDPOINT } = process.env;
const { values: flags } = parseArgs({
  options: {
    brokers: { type: 'string', default: BROKERS ?? 'localhost:9092' },
    topic: { type: 'string', default: TOPIC ?? 'log' },
    group: { type: 'string', default: GROUP ?? 'redirector-example' },
    'from-beginning': { type: 'boolean', default: false },
    endpoint: { type: 'string', default: OTEL_EXPORTER_OTLP_ENDPOINT },
    help: { type: 'boolean', short: 'h' },
  },
});
if (flags.help) {
  process.stdout.write(USAGE);
  process.exit();
}

const sdk = flags.endpoint ? startSdk(flags.endpoint) : undefined;
const tracer = trace.getTracer('redirector-example-consumer');

function startSdk(endpoint) {
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = endpoint;
  // Whoever made the record has decided; a record without a trace begins none here.
  process.env.OTEL_TRACES_SAMPLER ??= 'parentbased_always_off';
  const started = new NodeSDK({
    resource: resourceFromAttributes({ 'service.name': process.env.OTEL_SERVICE_NAME ?? 'click-consumer' }),
    metricReaders: [],
    logRecordProcessors: [],
  });
  started.start();
  return started;
}

/** Reads the W3C headers of a record; kafkajs gives a list where a name occurs more than once. */
const recordHeaders = {
  keys: (headers) => Object.keys(headers),
  get: (headers, name) => [headers[name]].flat()[0]?.toString(),
};

/** Runs `handle` in a CONSUMER span, a child of the PRODUCER span that sent the record. */
function inSpanOf({ topic, partition, message }, handle) {
  const parent = propagation.extract(ROOT_CONTEXT, message.headers ?? {}, recordHeaders);
  const attributes = {
    'messaging.system': 'kafka',
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.destination.name': topic,
    'messaging.destination.partition.id': String(partition),
    'messaging.kafka.offset': Number(message.offset),
    'messaging.consumer.group.name': flags.group,
  };
  const options = { kind: SpanKind.CONSUMER, attributes };
  return tracer.startActiveSpan(`process ${topic}`, options, parent, async (span) => {
    try {
      await handle(span);
    } catch (error) {
      // Told and passed by: thrown on, it would hold up the partition until it works.
      span.recordException(error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
      process.stderr.write(`${topic} ${partition} offset ${message.offset}: ${error.message}\n`);
    } finally {
      span.end();
    }
  });
}

/** What is done with a click: here it becomes a line. */
function handleClick(message, span) {
  const { time, method, path, status, location } = JSON.parse(message.value);
  const to = location === undefined ? '' : ` -> ${location}`;
  const traced = span.isRecording() ? ` (trace ${span.spanContext().traceId})` : '';
  process.stdout.write(`${time} ${method} ${path} ${status}${to}${traced}\n`);
}

const kafka = new Kafka({
  clientId: 'redirector-example',
  brokers: flags.brokers.split(','),
  logLevel: logLevel.ERROR,
});
const consumer = kafka.consumer({
  groupId: flags.group,
  maxWaitTimeInMs: 500, // 5 s by default, and an end waits for what was asked of a broker
});

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await consumer.disconnect(); // ends what is being handled, and commits how far it came
    await sdk?.shutdown(); // sends the last spans
  });
}

await consumer.connect();
await consumer.subscribe({ topic: flags.topic, fromBeginning: flags['from-beginning'] });
await consumer.run({
  eachMessage: (record) => inSpanOf(record, (span) => handleClick(record.message, span)),
});
