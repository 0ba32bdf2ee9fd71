/**
 * The option table: the one place where an option's name, type, default, help and examples stand. Types, flags,
 * environment variables, file keys, docs/options.md and the suggestions for misspelt names all come from it.
 */

import { redirectStatuses } from './http-statuses.ts';
import { MAX_PARTITIONS } from './limits.ts';
import type { OptionType } from './option-type.ts';
import * as t from './option-types.ts';

export type OptionGroup =
  | 'http'
  | 'record'
  | 'kafka'
  | 'queue'
  | 'spool'
  | 'admin'
  | 'shutdown'
  | 'telemetry';

/** The headings of the groups in --help and docs/options.md, in their order. */
export const groupTitles: Readonly<Record<OptionGroup, string>> = {
  http: 'HTTP',
  record: 'Records',
  kafka: 'Kafka',
  queue: 'Queue',
  spool: 'Spool',
  admin: 'Admin API and health',
  shutdown: 'Shutdown',
  telemetry: 'Telemetry and logs',
};

/** One option. `accepts` and `refuses` are example values as typed on a command line; a test runs them. */
export interface Option<T> {
  readonly group: OptionGroup;
  readonly type: OptionType<T>;
  /** Undefined: the option has no value unless it is set. */
  readonly default: T | undefined;
  /** What stands for the default in help and docs where it is not simply the default's text. */
  readonly defaultText?: string;
  readonly help: string;
  readonly since: string;
  readonly accepts: readonly string[];
  readonly refuses: readonly string[];
  /** Never shown by `config print`, in logs or in errors. */
  readonly secret?: true;
}

type Spec<T> = Omit<Option<T>, 'default' | 'since'>;

/** An option that always has a value. */
const withDefault = <T>(value: T, spec: Spec<T>): Option<T> & { readonly default: T } => ({
  ...spec,
  default: value,
  since: '0.1.0',
});

/** An option that is unset unless someone sets it. */
const unset = <T>(spec: Spec<T>): Option<T> & { readonly default: undefined } => ({
  ...spec,
  default: undefined,
  since: '0.1.0',
});

export const options = {
  host: withDefault('0.0.0.0', {
    group: 'http',
    type: t.nonEmptyText,
    help: 'Address on which redirects are served.',
    accepts: ['127.0.0.1', '::'],
    refuses: [''],
  }),
  port: withDefault(8080, {
    group: 'http',
    type: t.port,
    help: 'Port on which redirects are served; 0 takes any free one.',
    accepts: ['80', '0'],
    refuses: ['http', '65536', '-1', '80.5'],
  }),
  target: unset({
    group: 'http',
    type: t.httpUrl,
    help: 'Where to redirect. Without rules every path goes there; with rules, what no rule matches.',
    accepts: ['https://example.com/', 'http://google.com', 'https://example.com/a%20b?c=+;d#e'],
    refuses: [
      'example.com',
      'ftp://example.com/',
      'https://',
      'https://exa mple.com/',
      'javascript:alert(1)',
    ],
  }),
  rules: unset({
    group: 'http',
    type: t.nonEmptyText,
    help: 'Rules file (YAML or JSON) that says what is redirected where; see docs/rules.md.',
    accepts: ['rules.yaml'],
    refuses: [''],
  }),
  'signing.keys': unset({
    group: 'http',
    type: t.nonEmptyText,
    help: 'File of the keys with which targets are signed that rules with `dynamic` take; see docs/rules.md.',
    accepts: ['keys.yaml'],
    refuses: [''],
  }),
  'https.cert': unset({
    group: 'http',
    type: t.nonEmptyText,
    help: 'File with the certificate (chain) with which redirects are served by TLS (PEM); read again when it changes.',
    accepts: ['server.pem'],
    refuses: [''],
  }),
  'https.key': unset({
    group: 'http',
    type: t.nonEmptyText,
    help: 'File with the key of https.cert (PEM).',
    accepts: ['server.key'],
    refuses: [''],
  }),
  'limit.headerBytes': withDefault(16 * 2 ** 10, {
    group: 'http',
    type: t.size,
    help: 'Size of a request with its headers; what is larger is answered with 431.',
    accepts: ['8KiB', '16KiB'],
    refuses: ['16'],
  }),
  'limit.urlBytes': withDefault(8 * 2 ** 10, {
    group: 'http',
    type: t.size,
    help: 'Length of a request target; what is longer is answered with 414.',
    accepts: ['2KiB'],
    refuses: ['long'],
  }),
  'limit.connections': unset({
    group: 'http',
    type: t.integer(1, 10_000_000),
    help: 'Connections in all; what is over it is closed at once.',
    accepts: ['10000'],
    refuses: ['0'],
  }),
  'limit.connectionsPerAddress': unset({
    group: 'http',
    type: t.integer(1, 1_000_000),
    help: "Connections of one address to one listener; trusted proxies may have more. With proxy.protocol the address is the client's.",
    accepts: ['100'],
    refuses: ['0'],
  }),
  'limit.requestsPerConnection': unset({
    group: 'http',
    type: t.integer(1, 1_000_000_000),
    help: 'Requests of one connection, after which it is closed.',
    accepts: ['1000'],
    refuses: ['0'],
  }),
  'proxy.trusted': unset({
    group: 'http',
    type: t.networkList,
    help: "Networks of the proxies whose word is taken for the client's address; from all others it is never read.",
    accepts: ['10.0.0.0/8,fd00::/8', '127.0.0.1'],
    refuses: ['10.0.0.0/99', 'proxy.internal'],
  }),
  'proxy.header': withDefault('x-forwarded-for', {
    group: 'http',
    type: t.oneOf('x-forwarded-for', 'forwarded'),
    help: 'The header in which they name it.',
    accepts: ['forwarded'],
    refuses: ['x-real-ip'],
  }),
  'proxy.protocol': withDefault('off', {
    group: 'http',
    type: t.oneOf('off', 'on'),
    help: "Whether connections of trusted proxies begin with a header of the PROXY protocol (version 1 or 2), which names the client's address.",
    accepts: ['on', 'off'],
    refuses: ['v2', 'true'],
  }),
  'proxy.countryHeader': unset({
    group: 'http',
    type: t.nonEmptyText,
    help: "The header in which trusted proxies name the client's country, for rules with `country`.",
    accepts: ['cf-ipcountry'],
    refuses: [''],
  }),
  requestId: withDefault(false, {
    group: 'http',
    type: t.boolean,
    help: "Answer with X-Request-Id: the request's own where it has one, else a new UUIDv7; records have it as request_id.",
    accepts: ['true', 'false'],
    refuses: ['always'],
  }),
  status: withDefault(301, {
    group: 'http',
    type: t.oneOf(...redirectStatuses),
    help: 'Status of a redirect.',
    accepts: ['301', '308'],
    refuses: ['200', '304', 'moved'],
  }),
  cacheControl: withDefault('private, no-store', {
    group: 'http',
    type: t.headerText,
    help: 'Cache-Control of a redirect; empty sends none. A 301 that browsers keep hides repeat clicks.',
    accepts: ['private, max-age=90', ''],
    refuses: ['a\nb'],
  }),
  listeners: withDefault(1, {
    group: 'http',
    type: t.countOrAuto,
    help: 'Listener threads; auto takes one for each CPU that the process may use. More than one needs Linux.',
    accepts: ['1', '4', 'auto'],
    refuses: ['0', '65', 'many'],
  }),
  'timeout.read': withDefault(2000, {
    group: 'http',
    type: t.duration,
    help: 'How long a client may take to send a whole request, headers and body.',
    accepts: ['2s', '250ms'],
    refuses: ['2', 'fast', '-1s'],
  }),
  'timeout.write': withDefault(5000, {
    group: 'http',
    type: t.duration,
    help: 'How long a client may take to receive an answer.',
    accepts: ['5s'],
    refuses: ['5'],
  }),
  'timeout.idle': withDefault(75_000, {
    group: 'http',
    type: t.duration,
    help: 'How long an idle keep-alive connection is kept; above the 60 s of common load balancers.',
    accepts: ['75s', '10s'],
    refuses: ['75 parsecs'],
  }),
  'record.format': withDefault('click', {
    group: 'record',
    type: t.oneOf('click', 'go-compat'),
    help: 'What a record holds: click (docs/record.schema.json) or the three fields of the Go program.',
    accepts: ['click', 'go-compat'],
    refuses: ['json'],
  }),
  'record.runtimeParam': withDefault('runtime_param', {
    group: 'record',
    type: t.text,
    help: 'The field runtime_param of go-compat records.',
    accepts: ['blue', ''],
    refuses: [],
  }),
  'record.asyncParam': withDefault('async_param', {
    group: 'record',
    type: t.text,
    help: 'The field async_param of go-compat records.',
    accepts: ['green', ''],
    refuses: [],
  }),
  'record.fields': unset({
    group: 'record',
    type: t.fieldList,
    help: 'More fields of click records: NAME=header:HEADER, NAME=query:PARAMETER (both as sent), NAME=value:TEXT, query:PREFIX* (all parameters that begin so, by their names).',
    accepts: ['country=header:cf-ipcountry,source=query:utm_source,region=value:eu-1', 'query:utm_*'],
    refuses: ['country', 'country=cookie:x', 'query:utm_source', 'query:*'],
  }),
  'record.clickId': withDefault('target', {
    group: 'record',
    type: t.oneOf('target', 'always'),
    help: 'Which click records have a click_id: those whose target has {click_id}, or always; with record.key: click_id, too, all have one.',
    accepts: ['target', 'always'],
    refuses: ['never'],
  }),
  'record.key': withDefault('none', {
    group: 'record',
    type: t.recordKey,
    help: 'Key of the Kafka record: none, rule (its name), click_id (then every record has one), or field:NAME of record.fields or of host, path, remote_address. Records with the same key keep their order.',
    accepts: ['none', 'rule', 'click_id', 'field:country'],
    refuses: ['ip', 'field:', 'field:two words'],
  }),
  'record.partitions': unset({
    group: 'record',
    type: t.integer(1, MAX_PARTITIONS),
    help: "Partitions of the topic, by which records with a key are placed as Kafka's default partitioner does; needed with record.key.",
    accepts: ['12'],
    refuses: ['0', 'many'],
  }),
  'record.scanners': unset({
    group: 'record',
    type: t.nonEmptyText,
    help: 'File of networks from which nobody clicks, such as those of mail scanners: one a line, # begins a comment.',
    accepts: ['scanners.txt'],
    refuses: [''],
  }),
  'privacy.address': withDefault('full', {
    group: 'record',
    type: t.oneOf('full', 'truncate', 'hash', 'drop'),
    help: "How a client's address is recorded: full, truncate (without its last octet or 80 bits), hash (a keyed one, which changes each day and start), drop.",
    accepts: ['truncate', 'hash'],
    refuses: ['none'],
  }),
  'privacy.redactQuery': unset({
    group: 'record',
    type: t.nameList,
    help: 'Query parameters whose values are recorded as REDACTED, wherever a record has them.',
    accepts: ['email,token'],
    refuses: [''],
  }),
  'privacy.doNotTrack': withDefault('ignore', {
    group: 'record',
    type: t.oneOf('ignore', 'anonymize', 'drop'),
    help: 'What becomes of the records of clients that send DNT: 1 or Sec-GPC: 1: anonymize leaves out address, user agent and referer.',
    accepts: ['anonymize', 'drop'],
    refuses: ['honour'],
  }),
  'record.baggage': withDefault(false, {
    group: 'record',
    type: t.boolean,
    help: "Hand a caller's baggage on in the record's headers; it can hold what consumers should not see.",
    accepts: ['true', 'false'],
    refuses: ['yes please'],
  }),
  sink: unset({
    group: 'kafka',
    type: t.oneOf('kafka', 'spool', 'stdout'),
    defaultText: 'kafka if brokers are given, else spool',
    help: 'Where records go: Kafka, the spool on disk, or JSON lines on standard output.',
    accepts: ['kafka', 'spool', 'stdout'],
    refuses: ['file'],
  }),
  brokers: unset({
    group: 'kafka',
    type: t.brokerList,
    help: 'Kafka brokers to start from.',
    accepts: ['localhost:9092', 'kafka-1:9092,kafka-2:9093', '[::1]:9092'],
    refuses: [
      'localhost',
      '::1:9092',
      'localhost:',
      'localhost:9092;other:9092',
      'http://kafka:9092',
      'kafka:99999',
    ],
  }),
  topic: withDefault('log', {
    group: 'kafka',
    type: t.topicName,
    help: 'Kafka topic of the records.',
    accepts: ['log', 'clicks.v1'],
    refuses: ['', 'two words', '..'],
  }),
  clientId: withDefault('redirector', {
    group: 'kafka',
    type: t.nonEmptyText,
    help: 'The client.id that brokers see.',
    accepts: ['redirector-eu'],
    refuses: [''],
  }),
  acks: withDefault('all', {
    group: 'kafka',
    type: t.oneOf('all', '1', '0'),
    help: 'Who must have a batch before it counts as delivered: all in-sync replicas, the leader, or nobody.',
    accepts: ['all', '1', '0'],
    refuses: ['2', 'some'],
  }),
  idempotence: withDefault('auto', {
    group: 'kafka',
    type: t.oneOf('auto', 'on', 'off'),
    help: 'Number batches so that the broker recognises a resent one; auto goes on without where it is refused.',
    accepts: ['auto', 'on', 'off'],
    refuses: ['yes'],
  }),
  linger: withDefault(10, {
    group: 'kafka',
    type: t.duration,
    help: 'How long a batch waits for more records before it is sent.',
    accepts: ['10ms', '1s'],
    refuses: ['10', 'soon'],
  }),
  compression: withDefault('none', {
    group: 'kafka',
    type: t.oneOf('none', 'gzip', 'zstd'),
    help: 'Compression of batches.',
    accepts: ['none', 'gzip', 'zstd'],
    refuses: ['rar'],
  }),
  'delivery.timeout': withDefault(120_000, {
    group: 'kafka',
    type: t.duration,
    help: 'How long after its first record a batch may be tried before it is dropped (delivery_timeout).',
    accepts: ['2m', '30s'],
    refuses: ['2'],
  }),
  'request.timeout': withDefault(10_000, {
    group: 'kafka',
    type: t.duration,
    help: 'How long a broker may take to answer one request before its connection is closed and it is tried again.',
    accepts: ['10s'],
    refuses: ['10'],
  }),
  'metadata.maxAge': withDefault(60_000, {
    group: 'kafka',
    type: t.duration,
    help: 'How long the list of partitions is believed while no error contradicts it: new partitions get records after that.',
    accepts: ['5m', '1s'],
    refuses: ['60'],
  }),
  'sasl.mechanism': unset({
    group: 'kafka',
    type: t.oneOf('plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'),
    help: 'SASL mechanism; oauthbearer needs sasl.oauth.*, the others sasl.username and sasl.password.',
    accepts: ['plain', 'scram-sha-512', 'oauthbearer'],
    refuses: ['md5'],
  }),
  'sasl.username': unset({
    group: 'kafka',
    type: t.nonEmptyText,
    help: 'SASL user name.',
    accepts: ['redirector'],
    refuses: [''],
  }),
  'sasl.password': unset({
    group: 'kafka',
    type: t.nonEmptyText,
    help: 'SASL password; better given by environment than by flag.',
    accepts: ['secret'],
    refuses: [''],
    secret: true,
  }),
  'sasl.oauth.tokenEndpoint': unset({
    group: 'kafka',
    type: t.httpUrl,
    help: "Where oauthbearer gets its tokens, by the OAuth 2.0 client credentials grant (Kafka's sasl.oauthbearer.token.endpoint.url).",
    accepts: ['https://login.example.com/oauth2/token'],
    refuses: ['login.example.com'],
  }),
  'sasl.oauth.clientId': unset({
    group: 'kafka',
    type: t.nonEmptyText,
    help: 'Client id at the token endpoint.',
    accepts: ['redirector'],
    refuses: [''],
  }),
  'sasl.oauth.clientSecret': unset({
    group: 'kafka',
    type: t.nonEmptyText,
    help: 'Client secret at the token endpoint; better given by environment than by flag.',
    accepts: ['secret'],
    refuses: [''],
    secret: true,
  }),
  'sasl.oauth.scope': unset({
    group: 'kafka',
    type: t.nonEmptyText,
    help: 'Scope to ask the token endpoint for, where it wants one.',
    accepts: ['kafka', 'api://kafka/.default'],
    refuses: [''],
  }),
  'sasl.oauth.provider': unset({
    group: 'kafka',
    type: t.nonEmptyText,
    help: 'Module (a file or a package) whose function gives the tokens instead of an endpoint; see docs/kafka-security.md.',
    accepts: ['./token.mjs', 'my-token-provider'],
    refuses: [''],
  }),
  'tls.enabled': withDefault(false, {
    group: 'kafka',
    type: t.boolean,
    help: 'Speak TLS to the brokers.',
    accepts: ['true', 'false'],
    refuses: ['maybe'],
  }),
  'tls.ca': unset({
    group: 'kafka',
    type: t.nonEmptyText,
    help: 'File with the certificate authorities to trust (PEM).',
    accepts: ['ca.pem'],
    refuses: [''],
  }),
  'tls.cert': unset({
    group: 'kafka',
    type: t.nonEmptyText,
    help: 'File with our certificate, where brokers ask for one (PEM).',
    accepts: ['client.pem'],
    refuses: [''],
  }),
  'tls.key': unset({
    group: 'kafka',
    type: t.nonEmptyText,
    help: 'File with the key of tls.cert (PEM).',
    accepts: ['client.key'],
    refuses: [''],
  }),
  'queue.maxBytes': withDefault(64 * 2 ** 20, {
    group: 'queue',
    type: t.size,
    help: 'Memory of the queue, in slabs of 256KiB; it never takes more, however long the sink is away.',
    accepts: ['64MiB', '1GiB', '1048576B'],
    refuses: ['64', 'lots', '64 potatoes'],
  }),
  'queue.overflow': withDefault('drop_newest', {
    group: 'queue',
    type: t.oneOf('drop_newest', 'drop_oldest', 'spool'),
    help: 'When the queue is full: drop_newest refuses new records (queue_full), drop_oldest gives up the oldest that wait (evicted); spool moves the oldest to the spool when it is half full, and back later.',
    accepts: ['drop_newest', 'drop_oldest', 'spool'],
    refuses: ['block'],
  }),
  'spool.path': withDefault('./redirector-spool.db', {
    group: 'spool',
    type: t.nonEmptyText,
    help: 'The spool: a SQLite file that one server owns.',
    accepts: ['/var/lib/redirector/spool.db'],
    refuses: [''],
  }),
  'spool.maxBytes': withDefault(2 ** 30, {
    group: 'spool',
    type: t.size,
    help: 'Cap on the bytes of records in the spool.',
    accepts: ['1GiB', '500MB'],
    refuses: ['1'],
  }),
  'spool.whenFull': unset({
    group: 'spool',
    type: t.oneOf('drop_oldest', 'drop_newest'),
    defaultText: 'drop_oldest when the spool is the log, else drop_newest',
    help: 'At the cap the oldest rows go (counted expired), or new ones are refused (counted spool_full).',
    accepts: ['drop_oldest', 'drop_newest'],
    refuses: ['stop'],
  }),
  'admin.host': withDefault('127.0.0.1', {
    group: 'admin',
    type: t.nonEmptyText,
    help: 'Address of the admin API; one that others can reach needs admin.token or admin.tokenFile.',
    accepts: ['127.0.0.1', '0.0.0.0'],
    refuses: [''],
  }),
  'admin.port': withDefault(8081, {
    group: 'admin',
    type: t.port,
    help: 'Port of the admin API; 0 takes any free one.',
    accepts: ['8081', '0'],
    refuses: ['admin'],
  }),
  'admin.token': unset({
    group: 'admin',
    type: t.nonEmptyText,
    help: 'Token that admin requests must carry (Authorization: Bearer ...), except /livez and /readyz.',
    accepts: ['s3cret'],
    refuses: [''],
    secret: true,
  }),
  'admin.tokenFile': unset({
    group: 'admin',
    type: t.nonEmptyText,
    help: 'File that holds admin.token and nothing else, read at the start; a line end behind it does not count.',
    accepts: ['/run/secrets/admin-token'],
    refuses: [''],
  }),
  'health.host': unset({
    group: 'admin',
    type: t.nonEmptyText,
    help: 'Address of a second port with only /livez and /readyz, for probes; needs health.port.',
    accepts: ['0.0.0.0'],
    refuses: [''],
  }),
  'health.port': unset({
    group: 'admin',
    type: t.port,
    help: 'Port of /livez and /readyz for probes; 0 takes any free one.',
    accepts: ['8082'],
    refuses: ['x'],
  }),
  'health.metrics': withDefault(false, {
    group: 'admin',
    type: t.boolean,
    help: 'Serve /metrics on the health port too.',
    accepts: ['true'],
    refuses: ['2'],
  }),
  'shutdown.grace': withDefault(0, {
    group: 'shutdown',
    type: t.duration,
    help: 'How long to go on serving after SIGTERM with /readyz at 503, for a load balancer to notice.',
    accepts: ['0s', '5s'],
    refuses: ['5'],
  }),
  'shutdown.deadline': withDefault(10_000, {
    group: 'shutdown',
    type: t.duration,
    help: 'How long the drain may take before what is left is dropped (shutdown_deadline).',
    accepts: ['10s'],
    refuses: ['10'],
  }),
  'telemetry.sampleRatio': withDefault(0.01, {
    group: 'telemetry',
    type: t.ratio,
    help: 'Part of the redirects that is traced when OTEL_EXPORTER_OTLP_ENDPOINT is set; OTEL_TRACES_SAMPLER wins.',
    accepts: ['0', '0.01', '1'],
    refuses: ['2', '1%'],
  }),
  'telemetry.errorSampleRatio': unset({
    group: 'telemetry',
    type: t.ratio,
    defaultText: 'as the rest',
    help: 'The same for answers of status 400 and above and for dropped records, where no caller has decided.',
    accepts: ['0', '1'],
    refuses: ['-1', 'all'],
  }),
  'telemetry.maxSpansPerSecond': withDefault(1000, {
    group: 'telemetry',
    type: t.integer(0, 1_000_000),
    help: 'Limit on spans, also for callers who sample; a traced redirect counts as three. What is over it is counted.',
    accepts: ['0', '500'],
    refuses: ['-1', 'none'],
  }),
  'log.level': withDefault('info', {
    group: 'telemetry',
    type: t.oneOf('debug', 'info', 'warn', 'error', 'silent'),
    help: 'Least level of the log lines on standard error.',
    accepts: ['info', 'silent'],
    refuses: ['loud'],
  }),
} as const satisfies Record<string, Option<never> | Option<unknown>>;

type Options = typeof options;
export type OptionKey = keyof Options;
type ValueOf<K extends OptionKey> =
  Options[K]['type'] extends OptionType<infer T>
    ? undefined extends Options[K]['default']
      ? T | undefined
      : T
    : never;

/** The values as they were given or defaulted, keyed by file key; times in ms, sizes in bytes. */
export type OptionValues = { readonly [K in OptionKey]: ValueOf<K> };

/** What a file or a program may give for a value; times and sizes are text with their unit. */
type Given<T> = T extends readonly unknown[]
  ? string | readonly string[]
  : T extends number
    ? number extends T
      ? number | string
      : T
    : T;

/** Options as a program gives them, keyed by file key. */
export type OptionsGiven = { readonly [K in OptionKey]?: Given<ValueOf<K>> | undefined };

export const optionKeys = Object.keys(options) as OptionKey[];

/** The option behind a key, with its value type forgotten. */
export const optionOf = (key: OptionKey): Option<unknown> => options[key] as unknown as Option<unknown>;

/** `queue.maxBytes` -> `queue-max-bytes`, a flag's name without its dashes. */
export const flagName = (key: string): string =>
  key.replaceAll('.', '-').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** The flag of an option of the table, without its dashes. */
export const flagOf = (key: OptionKey): string => flagName(key);

/** `queue.maxBytes` -> `REDIRECTOR_QUEUE_MAX_BYTES`. */
export const envOf = (key: OptionKey): string =>
  `REDIRECTOR_${flagName(key).replaceAll('-', '_').toUpperCase()}`;

/** The default as a user would type it, or a phrase that says how it is found. */
export function defaultTextOf(key: OptionKey): string {
  const option = optionOf(key);
  if (option.defaultText !== undefined) return option.defaultText;
  if (option.default === undefined) return 'none';
  return option.type.show(option.default);
}
