import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ShutdownReport } from '../../src/server/shutdown.ts';
import { clicksIn } from '../support/clicks.ts';
import { type KafkaCluster, type KafkaNode, startKafka } from '../support/kafka.ts';
import { type Flags, type ServingServer, serve } from '../support/kafka-server.ts';
import { kcatCount } from '../support/kcat.ts';
import { realPart } from '../support/real-parts.ts';
import { type LoadResult, type SteadyLoad, startLoad } from '../support/steady-load.ts';
import { createTopic } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';

const RPS = 1000;

/** Waits until the load has made so many requests more. */
async function more(load: SteadyLoad, requests: number): Promise<void> {
  const target = load.sent + requests;
  await waitFor(`${target} requests`, () => load.sent >= target, { timeoutMs: 60_000 });
}

/** Log lines that tell of a trouble, without the lines that say where it listens. */
function troubles(server: ServingServer): string[] {
  return server
    .stderr()
    .split('\n')
    .filter((line) => /"level":"(warn|error)"/.test(line));
}

const dropped = ({ ledger }: Pick<ShutdownReport, 'ledger'>): number =>
  Object.values(ledger.dropped).reduce((sum, count) => sum + count, 0);

describe('while a broker is in trouble', { skip: await realPart('kafka', 'kcat') }, () => {
  let kafka: KafkaCluster;
  let broker: KafkaNode;

  before(async () => {
    kafka = await startKafka();
    broker = kafka.nodes[0]!;
  });
  after(() => kafka?.stop());

  const serveTo = (topic: string, flags: Flags = {}) =>
    serve({ brokers: kafka.brokers.join(','), topic, 'request.timeout': '2s', ...flags });

  /** Every request was answered, and every record is in the topic once. */
  async function assertWhole(server: ServingServer, topic: string, result: LoadResult): Promise<void> {
    assert.deepEqual(result.failures, {});
    assert.equal(result.answered, result.sent);
    const { ledger, listeners } = await server.quiet(result.sent);
    assert.equal(ledger.delivered, result.sent);
    assert.deepEqual(ledger.dropped, {});
    assert.equal(ledger.unaccounted, 0);
    await server.connected();
    assert.deepEqual(
      listeners.map(({ restarts }) => restarts),
      [0],
    );
    const clicks = await clicksIn(kafka.brokers, topic);
    assert.equal(new Set(clicks.map(({ id }) => id)).size, result.sent, 'every record was found');
    assert.equal(clicks.length, result.sent, 'no record was found twice');
  }

  it('killed and started again: every request is answered, every record delivered once, nothing restarted', async () => {
    const topic = await createTopic(kafka.brokers, { partitions: 3 });
    await using server = await serveTo(topic);
    const load = startLoad(server.url, RPS);
    await more(load, RPS);
    await broker.kill('SIGKILL');
    await server.waitForStats('the trouble to be told', ({ sink }) => sink.state === 'degraded');
    await more(load, 2 * RPS);
    await broker.start();
    await server.connected();
    await more(load, RPS);
    await assertWhole(server, topic, await load.stop());
    const told = troubles(server);
    assert.ok(told.length >= 1 && told.length <= 4, `told once, not a thousand times:\n${told.join('\n')}`);
  });

  it('frozen for longer than a request may take: the broker recognises what is sent again', async () => {
    const topic = await createTopic(kafka.brokers, { partitions: 3 });
    await using server = await serveTo(topic);
    const load = startLoad(server.url, RPS);
    await more(load, RPS);
    await broker.kill('SIGSTOP');
    try {
      await server.waitForStats('a time-out', ({ sink }) => sink.lastError !== null);
      await more(load, 3 * RPS);
    } finally {
      await broker.kill('SIGCONT');
    }
    await server.connected();
    await more(load, RPS);
    await assertWhole(server, topic, await load.stop());
    assert.equal((await server.stats()).possibleDuplicates, 0);
    const told = troubles(server);
    assert.ok(told.length >= 1 && told.length <= 4, `told once, not a thousand times:\n${told.join('\n')}`);
  });

  it('away for longer than the delivery time-out: drops are counted, and it goes on by itself', async () => {
    const topic = await createTopic(kafka.brokers); // one partition: nothing else keeps it going
    await using server = await serveTo(topic, { 'delivery.timeout': '3s' });
    const load = startLoad(server.url, RPS);
    await more(load, RPS);
    await broker.kill('SIGKILL');
    await server.waitForStats('drops', ({ ledger }) => (ledger.dropped.delivery_timeout ?? 0) > 1000, 30_000);
    const queued = (await server.stats()).ledger.queued;
    assert.ok(queued < 6 * RPS, `what waits is no older than the time-out: ${queued}`);
    await broker.start();
    await server.connected();
    await more(load, RPS);
    const result = await load.stop();
    assert.deepEqual(result.failures, {});
    const { ledger } = await server.quiet(result.sent);
    assert.equal(ledger.unaccounted, 0);
    assert.deepEqual(Object.keys(ledger.dropped), ['delivery_timeout']);
    const found = await kcatCount(kafka.brokers, topic);
    assert.ok(ledger.delivered <= found, `delivered ${ledger.delivered} <= found ${found}`);
    assert.ok(found <= ledger.delivered + ledger.unconfirmed, `found ${found}: ${JSON.stringify(ledger)}`);
    const ids = (await clicksIn(kafka.brokers, topic)).map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length, 'no record was found twice');
  });

  it('frozen for longer than the delivery time-out: what may be in the topic all the same is counted', async () => {
    const topic = await createTopic(kafka.brokers);
    await using server = await serveTo(topic, { 'delivery.timeout': '3s', 'request.timeout': '1s' });
    const load = startLoad(server.url, RPS);
    await more(load, RPS);
    await broker.kill('SIGSTOP');
    try {
      await server.waitForStats('a batch of unknown fate', ({ ledger }) => ledger.unconfirmed > 0, 30_000);
    } finally {
      await broker.kill('SIGCONT');
    }
    await server.connected();
    await more(load, RPS);
    const result = await load.stop();
    assert.deepEqual(result.failures, {});
    const { ledger } = await server.quiet(result.sent);
    assert.equal(ledger.unaccounted, 0);
    const ids = (await clicksIn(kafka.brokers, topic)).map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length, 'no record was found twice');
    assert.ok(ledger.delivered <= ids.length, `delivered ${ledger.delivered} <= found ${ids.length}`);
    assert.ok(
      ids.length <= ledger.delivered + ledger.unconfirmed,
      `${ids.length}: ${JSON.stringify(ledger)}`,
    );
  });

  it('gone for good: SIGTERM ends the server by its deadline, and the last line accounts for every record', async () => {
    const topic = await createTopic(kafka.brokers, { partitions: 2 });
    await using server = await serveTo(topic, { 'shutdown.deadline': '2s' });
    const load = startLoad(server.url, RPS);
    await more(load, RPS);
    await broker.kill('SIGKILL');
    await more(load, RPS);
    const result = await load.stop();
    const { code, lastLine } = await server.stop();
    await broker.start();
    assert.equal(code, 0);
    assert.ok(lastLine.drainSeconds < 10, `the drain took ${lastLine.drainSeconds} s of 2`);
    const { ledger } = lastLine;
    assert.deepEqual(Object.keys(ledger.dropped), ['shutdown_deadline']);
    assert.equal(ledger.offered, result.sent);
    assert.equal(ledger.offered, ledger.delivered + dropped(lastLine));
    assert.deepEqual([ledger.queued, ledger.inFlight, ledger.unaccounted], [0, 0, 0]);
    assert.equal(lastLine.lost, dropped(lastLine));
    assert.equal(lastLine.lostInDrain, lastLine.lost);
    const found = await kcatCount(kafka.brokers, topic);
    assert.ok(ledger.delivered <= found && found <= ledger.delivered + ledger.unconfirmed, `${found} found`);
  });

  it('gone for good: a second SIGTERM ends the server at once, and the last line still accounts for all', async () => {
    const topic = await createTopic(kafka.brokers);
    await using server = await serveTo(topic, { 'shutdown.deadline': '60s' });
    await broker.kill('SIGKILL');
    const load = startLoad(server.url, RPS);
    await more(load, RPS);
    const result = await load.stop();
    server.kill('SIGTERM');
    await waitFor('the drain to begin', () => server.stderr().includes('Draining.'));
    const { code, lastLine } = await server.stop('SIGTERM');
    await broker.start();
    assert.equal(code, 0);
    assert.deepEqual(lastLine.ledger.dropped, { shutdown_deadline: result.sent });
    assert.equal(lastLine.ledger.unaccounted, 0);
  });
});
