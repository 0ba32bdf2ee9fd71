import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import { kafkaClientOptions } from '../../src/server/sink/kafka-options.ts';
import { KafkaTransport } from '../../src/server/sink/kafka-transport.ts';
import { click } from '../support/clicks.ts';
import { countingProxy } from '../support/counting-proxy.ts';
import { setScramUser } from '../support/kafka-credentials.ts';
import { type Flags, serve } from '../support/kafka-server.ts';
import { realPart } from '../support/real-parts.ts';
import {
  PLAIN_PASSWORD,
  PLAIN_USER,
  type SecuredKafka,
  startSecuredKafka,
} from '../support/secured-kafka.ts';
import { startLoad } from '../support/steady-load.ts';
import { assertTopicCommands } from '../support/topic-commands.ts';
import { createTopic } from '../support/topics.ts';
import { assertDelivered, assertRecordsWait, assertUntold, troublesOf } from '../support/waiting-records.ts';
import { redirector } from '../unit/run-redirector.ts';

const SESSION_MS = 1500;
const WRONG = 'Wrong-Horse-8642';
const RIGHT = 'Right-Horse-9753';

describe('a cluster that asks for a password', { skip: await realPart('kafka', 'kcat', 'openssl') }, () => {
  let kafka: SecuredKafka;
  let topic: string;

  before(async () => {
    kafka = await startSecuredKafka({ sessionMs: SESSION_MS });
    await setScramUser(kafka.brokers[0]!, 'scram-sha-256', 'anna', RIGHT);
    await setScramUser(kafka.brokers[0]!, 'scram-sha-512', 'anna', RIGHT);
  });
  after(() => kafka?.stop());

  const login = (mechanism: string, username: string, password: string): Flags => ({
    'sasl.mechanism': mechanism,
    'sasl.username': username,
    'sasl.password': password,
  });

  for (const [mechanism, user, password] of [
    ['plain', PLAIN_USER, PLAIN_PASSWORD],
    ['scram-sha-256', 'anna', RIGHT],
    ['scram-sha-512', 'anna', RIGHT],
  ] as const) {
    it(`${mechanism}: the right password delivers every record`, async () => {
      topic = await createTopic(kafka.brokers, { partitions: 2 });
      await using server = await serve({ brokers: kafka.sasl, topic, ...login(mechanism, user, password) });
      await click(server.url, 500);
      await assertDelivered(server, kafka.brokers, topic, 500);
      assert.deepEqual(troublesOf(server), []);
      await assertUntold(server, password);
    });
  }

  it('a wrong password is a named error, told once, while every record waits', async () => {
    topic = await createTopic(kafka.brokers);
    using proxy = await countingProxy(kafka.sasl);
    const flags = { brokers: proxy.address, topic, ...login('plain', PLAIN_USER, WRONG) };
    await using server = await serve(flags);
    await assertRecordsWait(server, {
      count: 200,
      attempts: () => proxy.connections,
      lastError: /^Kafka refuses the credentials: SASL PLAIN authentication failed: .+\.$/,
    });
    await assertUntold(server, WRONG);
  });

  it('an unknown user is refused until somebody creates it: then all is delivered, without a restart', async () => {
    topic = await createTopic(kafka.brokers);
    using proxy = await countingProxy(kafka.sasl);
    await using server = await serve({
      brokers: proxy.address,
      topic,
      ...login('scram-sha-256', 'bert', RIGHT),
    });
    const lastError = /^Kafka refuses the credentials: SASL SCRAM SHA256 authentication failed: /;
    await assertRecordsWait(server, { count: 200, attempts: () => proxy.connections, lastError });
    await setScramUser(kafka.brokers[0]!, 'scram-sha-256', 'bert', RIGHT);
    await assertDelivered(server, kafka.brokers, topic, 200);
  });

  it('a password that is set right at the broker is taken, without a restart', async () => {
    topic = await createTopic(kafka.brokers);
    using proxy = await countingProxy(kafka.sasl);
    await setScramUser(kafka.brokers[0]!, 'scram-sha-512', 'carl', WRONG);
    await using server = await serve({
      brokers: proxy.address,
      topic,
      ...login('scram-sha-512', 'carl', RIGHT),
    });
    const lastError = /^Kafka refuses the credentials: SASL SCRAM SHA512 authentication failed: /;
    await assertRecordsWait(server, { count: 200, attempts: () => proxy.connections, lastError });
    await setScramUser(kafka.brokers[0]!, 'scram-sha-512', 'carl', RIGHT);
    await assertDelivered(server, kafka.brokers, topic, 200);
    await assertUntold(server, RIGHT, WRONG);
  });

  it('a password that is changed under way is refused when the session ends, and no record is lost', async (t) => {
    topic = await createTopic(kafka.brokers);
    await setScramUser(kafka.brokers[0]!, 'scram-sha-512', 'dora', RIGHT);
    const flags = { brokers: kafka.sasl, topic, ...login('scram-sha-512', 'dora', RIGHT) };
    await using server = await serve(flags);
    const load = startLoad(server.url, 200);
    t.after(() => load.stop());
    await server.waitForStats('deliveries', ({ ledger }) => ledger.delivered > 0);
    await setScramUser(kafka.brokers[0]!, 'scram-sha-512', 'dora', WRONG);
    const refused = /^Kafka refuses the credentials: SASL SCRAM SHA512 authentication failed: /;
    await server.waitForStats('the refusal', ({ sink }) => refused.test(sink.lastError ?? ''));
    await setScramUser(kafka.brokers[0]!, 'scram-sha-512', 'dora', RIGHT);
    await server.connected();
    const { sent, answered, failures } = await load.stop();
    assert.deepEqual([answered, failures], [sent, {}]);
    await assertDelivered(server, kafka.brokers, topic, sent);
    assert.equal(troublesOf(server).length, 1, server.stderr());
  });

  it('a session that ends is renewed on its connection, again and again', async (t) => {
    topic = await createTopic(kafka.brokers);
    const flags = { brokers: kafka.sasl, ...login('scram-sha-512', 'anna', RIGHT) };
    const options = kafkaClientOptions(loadConfig({ flags }).config);
    let sockets = 0;
    const transport = new KafkaTransport({
      ...options,
      socketFactory: (...args) => {
        sockets++;
        return options.socketFactory(...args);
      },
    });
    t.after(() => transport.close());
    const produce = async (): Promise<void> => {
      const { leaders } = await transport.metadata(topic);
      // Without a batch in it, the broker answers and changes nothing.
      const request = { acks: -1, batches: [], beforeWrite() {} };
      await transport.produce(leaders.get(0)!, request);
    };
    for (const begin = performance.now(); performance.now() - begin < 2.5 * SESSION_MS; ) await produce();
    assert.equal(sockets, 2, 'one to find the brokers, one to the leader');
  });

  it('topics: the right password does all of them; a wrong one is exit 3 with a sentence', async () => {
    const options = ['--brokers', kafka.sasl, '--sasl-mechanism', 'scram-sha-512', '--sasl-username', 'anna'];
    const topics = async (password: string, ...args: string[]) =>
      redirector(['topics', ...args, ...options, '--sasl-password', password]);
    const name = `${topic}.topics`;
    await assertTopicCommands((...args) => topics(RIGHT, ...args), name);
    const refused = [
      ...[['list'], ['describe', name], ['delete', name, '--yes']],
      ...[
        ['create', name, '--dry-run'],
        ['alter', name, '--partitions', '3'],
      ],
    ].map((args) => topics(WRONG, ...args));
    for (const { code, stdout, stderr } of await Promise.all(refused)) {
      assert.deepEqual([code, stdout], [3, '']);
      assert.match(stderr, /^redirector: Kafka at localhost:\d+ refuses the credentials: SASL SCRAM SHA512 /);
      assert.ok(!stderr.includes(WRONG));
    }
  });
});
