import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Certificate, makeAuthority } from '../support/certificates.ts';
import { click } from '../support/clicks.ts';
import { type CountingProxy, countingProxy } from '../support/counting-proxy.ts';
import { setScramUser } from '../support/kafka-credentials.ts';
import { type Flags, serve } from '../support/kafka-server.ts';
import { realPart } from '../support/real-parts.ts';
import { type SecuredKafka, startSecuredKafka } from '../support/secured-kafka.ts';
import { assertTopicCommands } from '../support/topic-commands.ts';
import { createTopic } from '../support/topics.ts';
import { assertDelivered, assertRecordsWait, troublesOf } from '../support/waiting-records.ts';
import { redirector } from '../unit/run-redirector.ts';

const PASSWORD = 'Right-Horse-9753';

describe('a cluster that speaks TLS', { skip: await realPart('kafka', 'kcat', 'openssl') }, () => {
  let kafka: SecuredKafka;
  let strangers: string;
  let expired: Certificate;

  before(async () => {
    kafka = await startSecuredKafka();
    await setScramUser(kafka.brokers[0]!, 'scram-sha-512', 'anna', PASSWORD);
    strangers = (await makeAuthority()).ca;
    expired = await kafka.authority.sign('client', { days: -1 });
  });
  after(() => kafka?.stop());

  const tls = (ca = kafka.authority.ca): Flags => ({ 'tls.enabled': 'true', 'tls.ca': ca });
  const login = { 'sasl.mechanism': 'scram-sha-512', 'sasl.username': 'anna', 'sasl.password': PASSWORD };
  const shows = ({ cert, key }: Certificate): Flags => ({ 'tls.cert': cert, 'tls.key': key });

  async function assertDelivers(flags: Flags): Promise<void> {
    const topic = await createTopic(kafka.brokers, { partitions: 2 });
    await using server = await serve({ topic, ...flags });
    await click(server.url, 500);
    await assertDelivered(server, kafka.brokers, topic, 500);
    assert.deepEqual(troublesOf(server), []);
  }

  async function assertWaits(flags: Flags, proxy: CountingProxy, lastError: RegExp): Promise<void> {
    await using server = await serve({ topic: 'any', ...flags });
    await assertRecordsWait(server, { count: 100, attempts: () => proxy.connections, lastError });
  }

  it('a private CA and a password over it: every record is delivered', () =>
    assertDelivers({ brokers: kafka.saslTls, ...tls(), ...login }));

  it('a certificate of the client: every record is delivered', () =>
    assertDelivers({ brokers: kafka.mutualTls, ...tls(), ...shows(kafka.client) }));

  it('a CA that did not sign the broker: a named error, told once, while records wait', async () => {
    using proxy = await countingProxy(kafka.saslTls);
    const flags = { brokers: proxy.address, ...tls(strangers), ...login };
    const lastError =
      /^TLS: the broker's certificate is not accepted: .+ \((SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+)\)\.$/;
    await assertWaits(flags, proxy, lastError);
  });

  it('a broker by another name than its certificate has: a named error, told once, while records wait', async () => {
    using proxy = await countingProxy(kafka.saslTls);
    const brokers = proxy.address.replace('localhost', '127.0.0.1');
    const lastError =
      /^TLS: the broker's certificate is not accepted: .*127\.0\.0\.1.* \(ERR_TLS_CERT_ALTNAME_INVALID\)\.$/;
    await assertWaits({ brokers, ...tls(), ...login }, proxy, lastError);
  });

  it('no certificate of the client: a named error, told once, while records wait', async () => {
    using proxy = await countingProxy(kafka.mutualTls);
    const lastError =
      /^TLS: the handshake failed: .*(certificate required|bad certificate) \(ERR_SSL_\S+\)\.$/;
    await assertWaits({ brokers: proxy.address, ...tls() }, proxy, lastError);
  });

  it('an expired certificate of the client: a named error, told once, while records wait', async () => {
    using proxy = await countingProxy(kafka.mutualTls);
    const flags = { brokers: proxy.address, ...tls(), ...shows(expired) };
    const lastError = /^TLS: the handshake failed: .*certificate \w+ \(ERR_SSL_\S+\)\.$/;
    await assertWaits(flags, proxy, lastError);
  });

  it('TLS spoken to a plain listener, and none to one of TLS: named errors, told once, while records wait', async () => {
    using plain = await countingProxy(kafka.brokers[0]!);
    await assertWaits(
      { brokers: plain.address, ...tls() },
      plain,
      /^TLS: the handshake was cut off, as by a port that does not speak TLS \(tls\.enabled\)\.$/,
    );
    using secure = await countingProxy(kafka.mutualTls);
    await assertWaits(
      { brokers: secure.address },
      secure,
      /^No broker answers: the connection was closed, as by a port that wants TLS \(tls\.enabled\) or SASL/,
    );
  });

  it('topics: the right certificates do for all of them; wrong ones are exit 3 with a sentence', async () => {
    const flagsOf = (brokers: string, ca: string, ...more: string[]) => {
      return ['--brokers', brokers, '--tls-enabled', 'true', '--tls-ca', ca, ...more];
    };
    const mine = (one: Certificate): string[] => ['--tls-cert', one.cert, '--tls-key', one.key];
    const good = flagsOf(kafka.mutualTls, kafka.authority.ca, ...mine(kafka.client));
    await assertTopicCommands((...args) => redirector(['topics', ...args, ...good]), 'over.tls');
    for (const [args, reason] of [
      [
        flagsOf(kafka.mutualTls, strangers, ...mine(kafka.client)),
        /TLS: the broker's certificate is not accepted: /,
      ],
      [
        flagsOf(kafka.mutualTls, kafka.authority.ca, ...mine(expired)),
        /TLS: the handshake failed: .*certificate/,
      ],
    ] as const) {
      const { code, stderr } = await redirector(['topics', 'list', ...args]);
      assert.equal(code, 3);
      assert.match(stderr, /^redirector: No Kafka broker of localhost:\d+ could be reached: /);
      assert.match(stderr, reason);
    }
  });
});
