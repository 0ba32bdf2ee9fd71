/** The one set of options for every Kafka client: the admin, consumers, and the shipper's transport. */
import { readFileSync } from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import type { ISocketFactory, KafkaConfig, SASLOptions } from 'kafkajs';
import type { Config } from '../../config.ts';
import { reasonOf, userError } from '../../errors.ts';
import { oauthBearer } from './oauth-bearer.ts';
import { clientCredentials, moduleTokens } from './oauth-sources.ts';
import { TokenCache, type TokenSource } from './oauth-token.ts';

/** How long one connection may take to open, in ms; a broker that is there answers sooner, and others are tried. */
const CONNECT_TIMEOUT_MS = 3000;
/**
 * How long before its end a SASL session is renewed, by clients that do not plan it themselves. kafkajs's own 10 s would renew a
 * shorter one with each request, which brokers refuse (ILLEGAL_SASL_STATE).
 */
const RENEW_SESSION_MS = 1000;
const KEEP_ALIVE_DELAY_MS = 60_000;
/** How long a token may take, in ms: what gives it is no broker, so request.timeout only shortens it. */
const TOKEN_TIMEOUT_MS = 5000;

/** Every option is set, so that the transport needs no defaults of its own. `logLevel` 0: kafkajs prints nothing. */
export type KafkaClientOptions = Required<
  Pick<
    KafkaConfig,
    | 'clientId'
    | 'connectionTimeout'
    | 'requestTimeout'
    | 'reauthenticationThreshold'
    | 'enforceRequestTimeout'
    | 'logLevel'
    | 'socketFactory'
  >
> & {
  readonly brokers: string[];
  readonly ssl: false | tls.ConnectionOptions;
  readonly sasl?: NonNullable<KafkaConfig['sasl']>;
  /** The tokens of oauthbearer. To be had before a connection, whose time-out is not made for that. */
  readonly tokens?: TokenCache;
};

/**
 * The client options that `config` asks for; `retry` is for each client to decide. Reads the files of tls.*.
 * @throws RedirectorError BROKERS_MISSING; CONFIG_INVALID with one line for each unusable file of tls.*, or where there is no
 *   such module as sasl.oauth.provider.
 */
export function kafkaClientOptions(config: Config): KafkaClientOptions {
  if (config.brokers === undefined) throw userError('BROKERS_MISSING', {});
  return {
    brokers: config.brokers.map(hideColons),
    clientId: config.clientId,
    ssl: config['tls.enabled'] ? tlsOptions(config) : false,
    ...saslOptions(config),
    connectionTimeout: Math.min(CONNECT_TIMEOUT_MS, config['request.timeout']),
    requestTimeout: config['request.timeout'],
    reauthenticationThreshold: RENEW_SESSION_MS,
    enforceRequestTimeout: true,
    logLevel: 0,
    socketFactory,
  };
}

// kafkajs cuts "host:port" at the first colon, which breaks [::1]:9092: the colons of an IPv6 address travel as "~",
// which no host name has, and the socket factory puts them back.
const hideColons = (broker: string): string =>
  broker.replace(/^\[(.*)\]/, (_, address: string) => address.replaceAll(':', '~'));

const socketFactory: ISocketFactory = ({ host: hidden, port, ssl, onConnect }) => {
  const host = hidden.replaceAll('~', ':');
  // A name is sent along (SNI) and checked against the certificate; an address cannot be sent.
  const socket = ssl
    ? tls.connect({ host, port, ...(net.isIP(host) === 0 ? { servername: host } : {}), ...ssl }, onConnect)
    : net.connect({ host, port }, onConnect);
  return socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
};

// That what a mechanism needs is given was checked with the configuration.
function saslOptions(config: Config): Pick<KafkaClientOptions, 'sasl' | 'tokens'> {
  const { 'sasl.mechanism': mechanism, 'sasl.username': username, 'sasl.password': password } = config;
  if (mechanism === 'oauthbearer') {
    const timeoutMs = Math.min(TOKEN_TIMEOUT_MS, config['request.timeout']);
    const tokens = new TokenCache(tokenSource(config), timeoutMs);
    return { sasl: oauthBearer(tokens), tokens };
  }
  if (mechanism === undefined || username === undefined || password === undefined) return {};
  const sasl: SASLOptions = { mechanism, username, password };
  return { sasl };
}

function tokenSource(config: Config): TokenSource {
  const { 'sasl.oauth.provider': provider } = config;
  if (provider === undefined) {
    return clientCredentials({
      tokenEndpoint: config['sasl.oauth.tokenEndpoint']!,
      clientId: config['sasl.oauth.clientId']!,
      clientSecret: config['sasl.oauth.clientSecret']!,
      scope: config['sasl.oauth.scope'],
    });
  }
  try {
    return moduleTokens(provider);
  } catch {
    throw userError('CONFIG_INVALID', {
      problems: `sasl.oauth.provider: there is no module "${provider}" (a file, from the working directory, or an installed package).`,
    });
  }
}

function tlsOptions(config: Config): tls.ConnectionOptions {
  const problems: string[] = [];
  const files: { ca?: string; cert?: string; key?: string } = {};
  for (const part of ['ca', 'cert', 'key'] as const) {
    const path = config[`tls.${part}`];
    if (path === undefined) continue;
    try {
      files[part] = readFileSync(path, 'utf8');
      if (!files[part].includes('-----BEGIN ')) problems.push(`tls.${part}: the file "${path}" is not PEM.`);
    } catch (error) {
      problems.push(`tls.${part}: the file "${path}" cannot be read: ${reasonOf(error)}.`);
    }
  }
  if (problems.length === 0) {
    try {
      tls.createSecureContext(files); // a key that does not fit is found here, not at the first connection
    } catch (error) {
      problems.push(`The files of tls.* cannot be used: ${reasonOf(error)}.`);
    }
  }
  if (problems.length > 0) throw userError('CONFIG_INVALID', { problems: problems.join('\n') });
  return files;
}
