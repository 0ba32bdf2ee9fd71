import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { click, clicksIn } from '../support/clicks.ts';
import { temporaryDirectory } from '../support/guarded.ts';
import { serve } from '../support/kafka-server.ts';
import { kcatCount } from '../support/kcat.ts';
import { realPart } from '../support/real-parts.ts';
import { sharedKafka } from '../support/shared.ts';
import { createTopic } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';
import { redirector } from '../unit/run-redirector.ts';

describe('a server whose Kafka is not ready', { skip: await realPart('kafka', 'kcat') }, () => {
  it('is connected again once the missing topic is made, also when no request comes', async () => {
    const { brokers } = await sharedKafka();
    const topic = `missing.${process.pid}.${Date.now()}`;
    await using server = await serve({ brokers: brokers.join(','), topic });
    await waitFor('the trouble to be told', async () => (await server.stats()).sink.lastError !== null);
    await redirector(['topics', 'create', '--brokers', brokers.join(','), '--topic', topic]);
    await server.connected();
  });

  it('keeps a log in the spool without brokers, and with brokers sends it to Kafka before it goes on', async () => {
    const { brokers } = await sharedKafka();
    const topic = await createTopic(brokers, { partitions: 2 });
    const spool = { 'spool.path': join(temporaryDirectory('spool'), 'spool.db') };
    {
      await using brokerless = await serve(spool);
      await click(brokerless.url, 2500);
      const { lastLine } = await brokerless.stop();
      assert.equal(lastLine.ledger.spooled, 2500);
      assert.equal(lastLine.lost, 0);
    }
    assert.ok(existsSync(spool['spool.path']));

    await using server = await serve({ ...spool, brokers: brokers.join(','), topic });
    await click(server.url, 500);
    const stats = await waitFor('the spool to be empty', () => server.stats(), {
      until: ({ spool: { records }, ledger }) => records === 0 && ledger.delivered === 3000,
    });
    assert.equal(stats.ledger.inherited, 2500);
    assert.equal(stats.ledger.offered, 500);
    assert.equal(stats.ledger.spooled, 0);
    assert.equal(stats.ledger.unaccounted, 0);
    assert.equal(stats.spool.bytes, 0);
    const clicks = await clicksIn(brokers, topic);
    assert.equal(new Set(clicks.map(({ id }) => id)).size, 3000);
    assert.equal(clicks.length, 3000);
    const { lastLine } = await server.stop();
    assert.deepEqual(
      [lastLine.ledger.delivered, lastLine.ledger.spooled, lastLine.ledger.unaccounted, lastLine.lost],
      [3000, 0, 0, 0],
    );
    const again = await redirector(['spool', 'status', '--spool-path', spool['spool.path'], '--json']);
    assert.equal(JSON.parse(again.stdout).records, 0);
  });

  it('ends in time in the middle of a replay, and what it had not sent is still in the spool', async () => {
    const { brokers } = await sharedKafka();
    const topic = `missing.${process.pid}.${Date.now()}`; // nothing can be sent
    const spool = { 'spool.path': join(temporaryDirectory('spool'), 'spool.db') };
    {
      await using brokerless = await serve(spool);
      await click(brokerless.url, 3000);
      await brokerless.stop();
    }
    const flags = { ...spool, brokers: brokers.join(','), topic, 'shutdown.deadline': '1s' };
    await using server = await serve(flags);
    await click(server.url, 10);
    const { code, lastLine } = await server.stop();
    assert.equal(code, 0);
    assert.equal(lastLine.ledger.inherited, 3000);
    assert.equal(lastLine.ledger.spooled, 3000);
    assert.deepEqual(lastLine.ledger.dropped, { shutdown_deadline: 10 });
    assert.equal(lastLine.ledger.unaccounted, 0);
    const after = await createTopic(brokers);
    await using next = await serve({ ...flags, topic: after });
    await waitFor('the spool to be empty', async () => (await next.stats()).ledger.delivered === 3000);
    assert.equal(await kcatCount(brokers, after), 3000);
  });
});
