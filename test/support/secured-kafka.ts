/** One broker with a listener for each way to be known to it, and what it takes to be known. */
import { type Authority, type Certificate, makeAuthority, tlsProperties } from './certificates.ts';
import { type KafkaCluster, startKafka } from './kafka.ts';
import type { ListenerOptions } from './kafka-properties.ts';
import { oauthBroker, startTokenServer, type TokenServer } from './token-server.ts';

export const PLAIN_USER = 'plain-user';
/** Not like any other word: it is searched for in what must not tell it. */
export const PLAIN_PASSWORD = 'Right-Horse-7531';

export interface SecuredKafka {
  /** The plain listener, as which everybody may do everything; for the test's own looks. */
  readonly brokers: string[];
  /** SASL without TLS: PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512. */
  readonly sasl: string;
  /** The same over TLS. */
  readonly saslTls: string;
  /** SASL without TLS: OAUTHBEARER, judged by Kafka's own validator. */
  readonly oauth: string;
  /** TLS that asks for a certificate of the client. */
  readonly mutualTls: string;
  readonly authority: Authority;
  readonly client: Certificate;
  readonly tokens: TokenServer;
  stop(): Promise<void>;
}

const login = (module: string, entries = ''): string =>
  `org.apache.kafka.common.security.${module} required ${entries};`;

/** SCRAM-SHA-512 sessions end after `sessionMs`; those of the others do not. */
const saslProperties = (sessionMs: number): Record<string, string | number> => ({
  'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
  'plain.sasl.jaas.config': login('plain.PlainLoginModule', `user_${PLAIN_USER}="${PLAIN_PASSWORD}"`),
  'scram-sha-256.sasl.jaas.config': login('scram.ScramLoginModule'),
  'scram-sha-512.sasl.jaas.config': login('scram.ScramLoginModule'),
  'scram-sha-512.connections.max.reauth.ms': sessionMs,
});

/** Starts it. An ACL on a topic shuts out all whom it does not name; what has none is open to all. */
export async function startSecuredKafka({ sessionMs = 0 } = {}): Promise<SecuredKafka> {
  const [authority, tokens] = await Promise.all([makeAuthority(), startTokenServer()]);
  const server = await authority.sign('broker', { hosts: ['localhost'] });
  const client = await authority.sign('client');
  const oauth = oauthBroker(tokens);
  const tls = tlsProperties(authority, server);
  const listeners: ListenerOptions[] = [
    { name: 'SASL', protocol: 'SASL_PLAINTEXT', properties: saslProperties(sessionMs) },
    { name: 'SASLTLS', protocol: 'SASL_SSL', properties: { ...saslProperties(sessionMs), ...tls } },
    { name: 'OAUTH', protocol: 'SASL_PLAINTEXT', properties: oauth.properties },
    { name: 'MUTUAL', protocol: 'SSL', properties: { ...tls, 'ssl.client.auth': 'required' } },
  ];
  let kafka: KafkaCluster;
  try {
    kafka = await startKafka({
      listeners,
      javaOptions: oauth.javaOptions,
      properties: {
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:ANONYMOUS',
        'allow.everyone.if.no.acl.found': true,
        // The time for which a refused client is kept waiting, and the windows of quotas.
        'connection.failed.authentication.delay.ms': 10,
        'quota.window.num': 3,
      },
    });
  } catch (error) {
    tokens.close();
    throw error;
  }
  const at = kafka.nodes[0]!.listeners;
  return {
    brokers: kafka.brokers,
    sasl: at.SASL!,
    saslTls: at.SASLTLS!,
    oauth: at.OAUTH!,
    mutualTls: at.MUTUAL!,
    authority,
    client,
    tokens,
    async stop() {
      await kafka.stop();
      tokens.close();
    },
  };
}
