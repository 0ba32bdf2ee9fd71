/** Why each library of package.json is there, and what was considered instead. */
export interface Reason {
  /** Which part of the program loads it. */
  readonly loadedBy: string;
  readonly does: string;
  readonly instead: string;
}

const TELEMETRY = 'serve with an OTLP endpoint';
const exporter = (what: string, protocol: string): Reason => ({
  loadedBy: `${TELEMETRY}, only for its protocol`,
  does: `Exports ${what} by OTLP over ${protocol}.`,
  instead: 'An encoder of our own. The standard variables then would be ours to follow.',
});
const instrumentation = (what: string): Reason => ({
  loadedBy: TELEMETRY,
  does: `Makes telemetry of ${what} in the supervisor.`,
  instead:
    'The bundle `auto-instrumentations-node`. It brings some 150 packages for 40 libraries that are not in the program.',
});

export const reasons: Readonly<Record<string, Reason>> = {
  '@eslint-community/regexpp': {
    loadedBy: 'rules with patterns',
    does: 'Parses regular expressions of rules, so that patterns that can take exponential time are refused.',
    instead: 'An engine without backtracking (re2). It is a native build for each platform.',
  },
  '@node-rs/crc32': {
    loadedBy: 'shipper',
    does: "Computes the CRC-32C of Kafka's batches.",
    instead:
      'JavaScript, which takes many times as long for each batch. Node has CRC-32 only in another variant.',
  },
  '@opentelemetry/api': {
    loadedBy: TELEMETRY,
    does: "The interface of OpenTelemetry's SDK.",
    instead: 'Nothing: the SDK is used through it.',
  },
  '@opentelemetry/core': {
    loadedBy: TELEMETRY,
    does: 'Times and results in the form that exporters take.',
    instead: 'Own copies. The SDK brings it anyway.',
  },
  '@opentelemetry/exporter-logs-otlp-grpc': exporter('logs', 'gRPC'),
  '@opentelemetry/exporter-logs-otlp-http': exporter('logs', 'HTTP as JSON'),
  '@opentelemetry/exporter-logs-otlp-proto': exporter('logs', 'HTTP as protobuf'),
  '@opentelemetry/exporter-metrics-otlp-grpc': exporter('metrics', 'gRPC'),
  '@opentelemetry/exporter-metrics-otlp-http': exporter('metrics', 'HTTP as JSON'),
  '@opentelemetry/exporter-metrics-otlp-proto': exporter('metrics', 'HTTP as protobuf'),
  '@opentelemetry/exporter-trace-otlp-grpc': exporter('spans', 'gRPC'),
  '@opentelemetry/exporter-trace-otlp-http': exporter('spans', 'HTTP as JSON'),
  '@opentelemetry/exporter-trace-otlp-proto': exporter('spans', 'HTTP as protobuf'),
  '@opentelemetry/instrumentation-dns': instrumentation('look-ups of names'),
  '@opentelemetry/instrumentation-express': instrumentation("the admin API's routes"),
  '@opentelemetry/instrumentation-http': instrumentation('requests to the admin API'),
  '@opentelemetry/instrumentation-kafkajs': instrumentation('producers and consumers of kafkajs'),
  '@opentelemetry/instrumentation-net': instrumentation('connections'),
  '@opentelemetry/instrumentation-router': instrumentation('the router within Express'),
  '@opentelemetry/instrumentation-runtime-node': instrumentation(
    'the event loop, heap and garbage collection',
  ),
  '@opentelemetry/instrumentation-undici': instrumentation('calls by fetch'),
  '@opentelemetry/resources': {
    loadedBy: TELEMETRY,
    does: 'Who sends: the resource of everything that is exported.',
    instead: 'Nothing: the SDK takes no other form.',
  },
  '@opentelemetry/sdk-logs': {
    loadedBy: 'serve with OTEL_LOGS_EXPORTER=otlp',
    does: 'Sends the log in batches.',
    instead:
      'A transport of pino. It runs in a thread of its own and knows nothing of the standard variables.',
  },
  '@opentelemetry/sdk-metrics': {
    loadedBy: TELEMETRY,
    does: 'Exports metrics at intervals.',
    instead: 'Only `/metrics`. Then users without Prometheus have nothing.',
  },
  '@opentelemetry/sdk-node': {
    loadedBy: TELEMETRY,
    does: 'Sets up the SDK by the standard variables.',
    instead:
      'The parts by hand. It would save some packages, and bring differences to what OpenTelemetry documents.',
  },
  '@opentelemetry/sdk-trace': {
    loadedBy: TELEMETRY,
    does: 'Makes and batches the spans of redirects.',
    instead: 'Spans written by hand. Limits and batching then would be ours to get right.',
  },
  autocannon: {
    loadedBy: 'loadtest --max',
    does: 'Load as fast as it goes.',
    instead:
      'wrk, which is not a package of npm. The even load of `loadtest --rps` is our own, as no library paces single requests.',
  },
  'cli-progress': {
    loadedBy: 'loadtest on a terminal',
    does: 'The bar that shows how a run goes on.',
    instead: 'Plain lines, as they come without a terminal.',
  },
  'csv-parse': {
    loadedBy: 'rules import',
    does: 'Reads tables of redirects.',
    instead: 'Splitting at commas, which is wrong for quoted values.',
  },
  express: {
    loadedBy: 'every thread that speaks HTTP',
    does: 'The admin API, and the frame of the request path.',
    instead:
      'node:http alone. Express is what its users know; with aligned prototypes it costs little ([performance.md](performance.md)).',
  },
  'fastest-levenshtein': {
    loadedBy: 'the command line',
    does: 'Finds the nearest name for a misspelt option.',
    instead: 'Own code for a known algorithm.',
  },
  'hdr-histogram-js': {
    loadedBy: 'loadtest',
    does: 'Latencies with three significant digits in bounded memory.',
    instead: 'Sorting all values, which grows with the run. autocannon brings it anyway.',
  },
  isbot: {
    loadedBy: 'listeners',
    does: 'Tells user agents of programs from those of people.',
    instead: 'A list of our own, which would be out of date soon.',
  },
  'js-yaml': {
    loadedBy: 'rules',
    does: 'Reads rules files: 100,000 rules ten times as fast as `yaml`.',
    instead: '`yaml` alone, which is too slow for large sets.',
  },
  kafkajs: {
    loadedBy: 'shipper, topics, loadtest with Kafka',
    does: "Kafka's protocol: connections, SASL, the admin and consumers.",
    instead:
      'librdkafka by confluent-kafka-javascript, a native build. [decisions/0004-kafkajs.md](decisions/0004-kafkajs.md) says how one would change.',
  },
  pino: {
    loadedBy: 'supervisor',
    does: 'Writes the log as JSON lines.',
    instead: 'console.error, which has no levels and escapes nothing.',
  },
  'prom-client': {
    loadedBy: '/metrics, at the first request',
    does: "Writes Prometheus's text format and OpenMetrics.",
    instead: 'Own code for both formats and their escapes.',
  },
  uplot: {
    loadedBy: 'the status page, in the browser',
    does: 'Draws the lines of the status page.',
    instead: 'Charts drawn by hand. They would be as long, without its scales and its cursor.',
  },
  yaml: {
    loadedBy: 'configuration; rules with mistakes',
    does: 'Reads the configuration file, and finds the line of a mistake.',
    instead: '`js-yaml` alone, which does not know the places of values.',
  },
  yargs: {
    loadedBy: 'the command line',
    does: 'Parses commands and flags, writes --help and the completion.',
    instead: "Node's util.parseArgs, which has neither commands nor help.",
  },
  zod: {
    loadedBy: 'rules files and load test cases',
    does: 'Checks them, and makes the JSON Schema of rules from the same table.',
    instead: 'A JSON Schema by hand with ajv. Types and schema would be two texts.',
  },
};
