import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import { kafkaClientOptions } from '../../src/server/sink/kafka-options.ts';
import { KafkaTransport } from '../../src/server/sink/kafka-transport.ts';
import { type Acl, allow, disallow } from '../support/acls.ts';
import { click, clicksIn, consume } from '../support/clicks.ts';
import { countingProxy } from '../support/counting-proxy.ts';
import { setProducerQuota, setScramUser } from '../support/kafka-credentials.ts';
import { serve } from '../support/kafka-server.ts';
import { realPart } from '../support/real-parts.ts';
import { type SecuredKafka, startSecuredKafka } from '../support/secured-kafka.ts';
import { exportSpool } from '../support/spool.ts';
import { assertInterrupted, beginDrain, CLICKS, filledSpool } from '../support/spool-drain.ts';
import { startLoad } from '../support/steady-load.ts';
import { createTopic } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';
import { assertDelivered, assertRecordsWait, troublesOf } from '../support/waiting-records.ts';

const PASSWORD = 'Right-Horse-9753';

describe('a cluster that knows who may do what', { skip: await realPart('kafka', 'kcat', 'openssl') }, () => {
  let kafka: SecuredKafka;
  let topic: string;
  let users = 0;
  let user: string;

  before(async () => {
    kafka = await startSecuredKafka();
  });
  after(() => kafka?.stop());
  beforeEach(async () => {
    topic = await createTopic(kafka.brokers, { partitions: 2 });
    user = `user-${++users}`;
    await setScramUser(kafka.brokers[0]!, 'scram-sha-256', user, PASSWORD);
  });

  const mine = (operation: Acl['operation']): Acl => ({ principal: `User:${user}`, operation, topic });
  const notMine = (): Acl => ({ principal: 'User:nobody', operation: 'WRITE', topic });
  const login = () => ({
    'sasl.mechanism': 'scram-sha-256',
    'sasl.username': user,
    'sasl.password': PASSWORD,
  });
  const forbidden = () =>
    new RegExp(
      `^Kafka does not let this client write to topic "${topic}": it needs the right Write on it \\(TOPIC_AUTHORIZATION_FAILED\\)\\.$`,
    );

  it('no right to the topic: records wait, the reason is told once; granted, all are delivered', async () => {
    await allow(kafka.brokers, notMine());
    using proxy = await countingProxy(kafka.sasl);
    await using server = await serve({ brokers: proxy.address, topic, ...login() });
    await assertRecordsWait(server, { count: 200, attempts: () => proxy.writes, lastError: forbidden() });
    await allow(kafka.brokers, mine('WRITE'));
    await assertDelivered(server, kafka.brokers, topic, 200);
    const ids = new Set((await consume(kafka.brokers, topic, 200)).map((one) => one.batchContext.producerId));
    assert.ok(!ids.has('-1'), 'with the right came the producer id: the batches are idempotent');
  });

  it('a right to see the topic alone is not enough, until that to write is granted', async () => {
    await allow(kafka.brokers, notMine(), mine('DESCRIBE'));
    await using server = await serve({ brokers: kafka.sasl, topic, ...login() });
    await click(server.url, 200);
    const reason = forbidden();
    await server.waitForStats('the reason', ({ sink }) => reason.test(sink.lastError ?? ''));
    const { ledger } = await server.stats();
    assert.deepEqual([ledger.delivered, ledger.dropped], [0, {}]);
    await allow(kafka.brokers, mine('WRITE'));
    await assertDelivered(server, kafka.brokers, topic, 200);
    assert.equal(troublesOf(server).length, 1, server.stderr());
  });

  it('a right that is taken away under load and given again loses no record', async (t) => {
    await allow(kafka.brokers, notMine(), mine('WRITE'));
    await using server = await serve({ brokers: kafka.sasl, topic, ...login() });
    const load = startLoad(server.url, 300);
    t.after(() => load.stop());
    await server.waitForStats('deliveries', ({ ledger }) => ledger.delivered > 0);
    await disallow(kafka.brokers, mine('WRITE'));
    const reason = forbidden();
    await server.waitForStats('the reason', ({ sink }) => reason.test(sink.lastError ?? ''));
    const target = load.sent + 300;
    await waitFor('more load', () => load.sent >= target);
    await allow(kafka.brokers, mine('WRITE'));
    await server.connected();
    const { sent, answered, failures } = await load.stop();
    assert.deepEqual([answered, failures], [sent, {}]);
    await assertDelivered(server, kafka.brokers, topic, sent);
    assert.equal(troublesOf(server).length, 1, server.stderr());
  });

  it('a right that is not granted within the delivery time-out: the drops are counted, none as unconfirmed', async () => {
    await allow(kafka.brokers, notMine(), mine('DESCRIBE'));
    const times = { 'delivery.timeout': '1s', 'request.timeout': '500ms' };
    await using server = await serve({ brokers: kafka.sasl, topic, ...login(), ...times });
    await click(server.url, 100);
    const { ledger } = await server.quiet(100);
    assert.deepEqual(ledger.dropped, { delivery_timeout: 100 });
    assert.equal(ledger.unconfirmed, 0);
  });

  it('spool drain waits for a right, and an interruption leaves the spool as it is; granted, each record is sent once', async () => {
    await allow(kafka.brokers, notMine(), mine('DESCRIBE'));
    const path = await filledSpool();
    const ids = (await exportSpool(path)).map(({ id }) => id).sort();
    const flags = Object.entries({ brokers: kafka.sasl, topic, 'spool-path': path, ...login() });
    const drain = () => beginDrain(...flags.map(([key, value]) => `--${key.replace('.', '-')}=${value}`));
    const waiting = drain();
    await waiting.says(`${CLICKS} records left (for 10m at most): Kafka does not let this client write`);
    await assertInterrupted(waiting);
    assert.deepEqual((await exportSpool(path)).map(({ id }) => id).sort(), ids);
    await allow(kafka.brokers, mine('WRITE'));
    const second = drain();
    assert.equal((await second.exited()).code, 0, second.logTail());
    assert.deepEqual((await clicksIn(kafka.brokers, topic)).map(({ id }) => id).sort(), ids);
  });

  describe('and refuses InitProducerId alone', () => {
    // The right to write to any topic brings that to a producer id. Where ACLs only shut out, Kafka asks for a topic that
    // nobody has, "hardcode" (Authorizer.authorizeByResourceType): that is shut too.
    const shut: Acl[] = [
      { principal: 'User:nobody', operation: 'WRITE', topic: 'hardcode' },
      { principal: 'User:nobody', operation: 'IDEMPOTENT_WRITE' },
    ];
    beforeEach(() => allow(kafka.brokers, ...shut));
    after(() => disallow(kafka.brokers, ...shut));

    it('auto goes on without, with one warning', async () => {
      await using server = await serve({ brokers: kafka.sasl, topic, ...login() });
      await click(server.url, 200);
      await assertDelivered(server, kafka.brokers, topic, 200);
      const told = troublesOf(server);
      assert.deepEqual(
        told.map((line) => [line.event, line['error.type']]),
        [['redirector.kafka.idempotence_lost', 'CLUSTER_AUTHORIZATION_FAILED']],
      );
      const ids = new Set(
        (await consume(kafka.brokers, topic, 200)).map((one) => one.batchContext.producerId),
      );
      assert.deepEqual([...ids], ['-1']);
    });

    it('on waits, with a named error, until it is granted', async () => {
      await using server = await serve({ brokers: kafka.sasl, topic, idempotence: 'on', ...login() });
      const reason = 'InitProducerId was refused: CLUSTER_AUTHORIZATION_FAILED.';
      await server.waitForStats('the reason', ({ sink }) => sink.lastError === reason);
      await click(server.url, 200);
      const { ledger } = await server.waitForStats(
        'all to be offered',
        (stats) => stats.ledger.offered === 200,
      );
      assert.deepEqual([ledger.delivered, ledger.dropped], [0, {}]);
      await disallow(kafka.brokers, ...shut);
      await assertDelivered(server, kafka.brokers, topic, 200);
      assert.equal(troublesOf(server).length, 1, server.stderr());
    });
  });

  it('a quota of what may be written: answers go on, the throttle time is obeyed, all is delivered', async (t) => {
    await setProducerQuota(kafka.brokers[0]!, user, 30_000);
    const times = { 'request.timeout': '1s' };
    const flags = { brokers: kafka.sasl, topic, ...login(), ...times };
    await using server = await serve(flags);
    await click(server.url, 600);
    const transport = new KafkaTransport(kafkaClientOptions(loadConfig({ flags }).config));
    t.after(() => transport.close());
    const { leaders } = await transport.metadata(topic);
    const empty = { acks: -1, batches: [], beforeWrite() {} };
    // Asked again and again, as the broker forgets in three seconds what was written.
    const throttled = async () => (await transport.produce(leaders.get(0)!, empty)).throttleMs;
    await waitFor('a throttle time that is longer than a request may take', throttled, {
      until: (ms) => ms > 1000,
    });
    await click(server.url, 100);
    await assertDelivered(server, kafka.brokers, topic, 700);
    // A broker does not answer who writes before the time is over: without obedience there would be time-outs.
    assert.deepEqual(troublesOf(server), []);
    assert.equal((await server.stats()).possibleDuplicates, 0);
  });
});
