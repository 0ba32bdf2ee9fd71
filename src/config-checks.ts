/** Cross-checks: combinations of options that cannot work. Each problem names both options. */
import { laneShortage, listenerCount } from './capacity.ts';
import type { Config } from './config.ts';
import { fieldName, givesField, KEY_FIELD_PREFIX, KEY_FIELDS } from './field-names.ts';
import { isEveryAddress, isLoopbackHost } from './hosts.ts';
import { REUSE_PORT_PLATFORMS } from './limits.ts';
import type { OptionKey } from './options.ts';

/** A combination that cannot work: the options it is about, and one sentence for the user. */
export interface Conflict {
  readonly keys: readonly OptionKey[];
  readonly sentence: string;
}

type Refuse = (keys: readonly OptionKey[], when: boolean, sentence: string) => void;

/** Every combination in `config` that cannot work; empty when all is well. */
export function crossChecks(config: Config, requireTarget: boolean): Conflict[] {
  const conflicts: Conflict[] = [];
  const refuse: Refuse = (keys, when, sentence) => {
    if (when) conflicts.push({ keys, sentence });
  };

  refuse(
    ['target', 'rules'],
    requireTarget && config.target === undefined && config.rules === undefined,
    'Neither target nor rules is given: say where to redirect with --target URL or --rules FILE.',
  );
  refuse(
    ['signing.keys', 'rules'],
    requireTarget && config['signing.keys'] !== undefined && config.rules === undefined,
    'signing.keys is given without rules: only rules with `dynamic` take signed targets.',
  );
  refuse(
    ['proxy.countryHeader', 'proxy.trusted'],
    config['proxy.countryHeader'] !== undefined && config['proxy.trusted'] === undefined,
    'proxy.countryHeader is given without proxy.trusted: only what a trusted proxy says of the country is believed.',
  );
  refuse(
    ['proxy.protocol', 'proxy.trusted'],
    config['proxy.protocol'] === 'on' && config['proxy.trusted'] === undefined,
    'proxy.protocol is on without proxy.trusted: only what a trusted proxy says of the client is believed.',
  );
  refuse(
    ['https.cert', 'https.key'],
    (config['https.cert'] === undefined) !== (config['https.key'] === undefined),
    'https.cert and https.key are given together or not at all.',
  );
  refuse(
    ['limit.urlBytes', 'limit.headerBytes'],
    config['limit.urlBytes'] > config['limit.headerBytes'],
    `limit.urlBytes (${config['limit.urlBytes']} B) is more than limit.headerBytes (${config['limit.headerBytes']} B), which counts the request target, too.`,
  );
  refuse(
    ['sink', 'brokers'],
    config.sink === 'kafka' && config.brokers === undefined,
    'sink is kafka but no brokers are given: name them with --brokers host:port,... or choose --sink spool.',
  );
  refuse(
    ['admin.host', 'admin.token', 'admin.tokenFile'],
    !isLoopbackHost(config['admin.host']) &&
      (config['admin.token'] ?? config['admin.tokenFile']) === undefined,
    `admin.host ${config['admin.host']} can be reached by others, so it needs admin.token or admin.tokenFile.`,
  );
  refuse(
    ['admin.token', 'admin.tokenFile'],
    config['admin.token'] !== undefined && config['admin.tokenFile'] !== undefined,
    'admin.token and admin.tokenFile are both given: give one of them.',
  );
  refuse(
    ['health.host', 'health.port'],
    config['health.host'] !== undefined && config['health.port'] === undefined,
    'health.host is given without health.port.',
  );
  refuse(
    ['health.metrics', 'health.port'],
    config['health.metrics'] && config['health.port'] === undefined,
    'health.metrics is on but there is no health port: give health.port.',
  );

  refuse(
    ['queue.overflow', 'sink'],
    config['queue.overflow'] === 'spool' && config.sink === 'spool',
    'queue.overflow is spool but sink is spool: the spool is the log already, so nothing is left to overflow into; choose drop_newest or drop_oldest.',
  );

  keyChecks(config, refuse);
  const listeners = listenerCount(config);
  const shortage = laneShortage(config, 1);
  refuse(['queue.maxBytes', 'listeners', 'record.partitions'], shortage !== undefined, shortage ?? '');
  refuse(
    ['listeners'],
    listeners > 1 && !REUSE_PORT_PLATFORMS.includes(process.platform),
    `listeners is ${listeners}, but ${process.platform} does not let several threads listen on one port: use 1.`,
  );
  refuse(
    ['idempotence', 'acks'],
    config.idempotence === 'on' && config.acks !== 'all',
    `idempotence is on but acks is ${config.acks}: Kafka numbers batches only with acks all.`,
  );
  refuse(
    ['request.timeout', 'delivery.timeout'],
    config['request.timeout'] >= config['delivery.timeout'],
    `request.timeout (${config['request.timeout']} ms) must be shorter than delivery.timeout (${config['delivery.timeout']} ms), or nothing is ever tried twice.`,
  );
  refuse(
    ['linger', 'delivery.timeout'],
    config.linger >= config['delivery.timeout'],
    `linger (${config.linger} ms) must be shorter than delivery.timeout (${config['delivery.timeout']} ms).`,
  );
  saslChecks(config, refuse);
  refuse(
    ['tls.cert', 'tls.key'],
    (config['tls.cert'] === undefined) !== (config['tls.key'] === undefined),
    'tls.cert and tls.key go together: give both or neither.',
  );
  refuse(
    ['tls.enabled', 'tls.ca', 'tls.cert'],
    !config['tls.enabled'] && (config['tls.ca'] ?? config['tls.cert']) !== undefined,
    'tls.ca or tls.cert is given but tls.enabled is false.',
  );
  for (const key of [
    'timeout.read',
    'timeout.write',
    'timeout.idle',
    'linger',
    'delivery.timeout',
    'request.timeout',
    'metadata.maxAge',
  ] as const) {
    refuse([key], config[key] === 0, `${key} must be more than 0.`);
  }
  const listening = [
    { key: 'port', port: config.port, host: config.host },
    { key: 'admin.port', port: config['admin.port'], host: config['admin.host'] },
    { key: 'health.port', port: config['health.port'], host: config['health.host'] ?? '0.0.0.0' },
  ] as const;
  for (const [index, one] of listening.entries()) {
    for (const other of listening.slice(index + 1)) {
      refuse(
        [one.key, other.key],
        one.port !== undefined && one.port !== 0 && one.port === other.port && overlap(one.host, other.host),
        `${one.key} and ${other.key} are both ${one.port}: give one of them another.`,
      );
    }
  }
  return conflicts;
}

function keyChecks(config: Config, refuse: Refuse): void {
  const { 'record.key': key, 'record.fields': fields = [] } = config;
  const names = [...fields.map(fieldName), ...KEY_FIELDS];
  const name = key.slice(KEY_FIELD_PREFIX.length);
  const isKnown = fields.some((field) => givesField(field, name)) || KEY_FIELDS.some((own) => own === name);
  refuse(
    ['record.key', 'record.fields'],
    key.startsWith(KEY_FIELD_PREFIX) && !isKnown,
    `record.key is ${key}, and no record has that field: ${names.join(', ')} can be the key; record.fields adds others.`,
  );
  refuse(
    ['record.key', 'record.partitions'],
    key !== 'none' && config['record.partitions'] === undefined,
    'record.key is given without record.partitions: say how many partitions the topic has, as they decide where a key goes.',
  );
}

function saslChecks(config: Config, refuse: Refuse): void {
  const { 'sasl.mechanism': mechanism, 'sasl.oauth.tokenEndpoint': endpoint } = config;
  const given = (keys: readonly OptionKey[]): OptionKey[] => keys.filter((key) => config[key] !== undefined);
  const password = ['sasl.username', 'sasl.password'] as const;
  const credentials = ['sasl.oauth.tokenEndpoint', 'sasl.oauth.clientId', 'sasl.oauth.clientSecret'] as const;
  const grant = [...credentials, 'sasl.oauth.scope'] as const;
  const provider = 'sasl.oauth.provider';
  const oauth = [...grant, provider] as const;
  const all = ['sasl.mechanism', ...password, ...oauth] as const;

  refuse(
    all,
    mechanism === undefined && given(password).length > 0,
    `${given(password).join(' and ')} ${given(password).length > 1 ? 'are' : 'is'} given without sasl.mechanism (plain, scram-sha-256 or scram-sha-512).`,
  );
  refuse(
    all,
    mechanism !== 'oauthbearer' && given(oauth).length > 0,
    `${given(oauth).join(' and ')} ${given(oauth).length > 1 ? 'are' : 'is'} only for sasl.mechanism oauthbearer.`,
  );
  if (mechanism === undefined) return;
  if (mechanism !== 'oauthbearer') {
    refuse(
      all,
      given(password).length < 2,
      `sasl.mechanism ${mechanism} needs sasl.username and sasl.password.`,
    );
    return;
  }
  refuse(
    all,
    given(password).length > 0,
    'sasl.mechanism oauthbearer takes no sasl.username and no sasl.password: it has sasl.oauth.*.',
  );
  refuse(
    all,
    config[provider] === undefined && given(credentials).length < 3,
    `sasl.mechanism oauthbearer needs ${credentials.join(', ')}; or ${provider}.`,
  );
  refuse(
    all,
    config[provider] !== undefined && given(grant).length > 0,
    `${provider} gives the tokens, so ${given(grant).join(' and ')} would be of no use: give one or the other.`,
  );
  const { username, password: secret } = new URL(endpoint ?? 'none:');
  refuse(
    ['sasl.oauth.tokenEndpoint'],
    username !== '' || secret !== '',
    'sasl.oauth.tokenEndpoint has a user name or password in it: they belong in sasl.oauth.clientId and sasl.oauth.clientSecret.',
  );
}

const overlap = (a: string, b: string): boolean => a === b || isEveryAddress(a) || isEveryAddress(b);
