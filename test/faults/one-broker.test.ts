import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { totalDropped } from '../../src/server/queue/ledger-snapshot.ts';
import { type Flags, serve } from '../support/kafka-server.ts';
import { kcatCount } from '../support/kcat.ts';
import { realPart } from '../support/real-parts.ts';
import { startLoad } from '../support/steady-load.ts';
import { createTopic } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';
import { testFaults } from './fault-tests.ts';
import { makeLab } from './lab.ts';

const RPS = 500;
/** As many at a time as leave a machine of two CPUs some rest. */
const AT_ONCE = 3;

describe('with one broker', { skip: await realPart('kafka', 'kcat') }, () => {
  const lab = makeLab();
  after(() => lab.stop());

  describe('a fault', () => {
    testFaults(lab, ({ brokers, aside }) => brokers === 1 && aside !== true);
  });

  describe('a fault that leaves the broker alone', { concurrency: AT_ONCE }, () => {
    testFaults(lab, ({ brokers, aside }) => brokers === 1 && aside === true);
  });

  describe('a broker that is gone for good', () => {
    /** A server that has lost its broker, after a load that went on for a while after that. */
    async function lostBroker(flags: Flags) {
      const { kafka } = await lab.bench(1);
      const topic = await createTopic(kafka.brokers, { partitions: 2 });
      const server = await serve({ brokers: kafka.brokers.join(','), topic, ...flags });
      const load = startLoad(server.url, RPS);
      await server.waitForStats('a second of deliveries', ({ ledger }) => ledger.delivered > RPS);
      await kafka.nodes[0]!.kill('SIGKILL');
      const target = load.sent + RPS;
      await waitFor('a second more', () => load.sent >= target);
      const { sent } = await load.stop();
      return { kafka, topic, server, sent, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
    }

    it('lets SIGTERM end the server by its deadline, and the last line accounts for every record', async () => {
      await using lost = await lostBroker({ 'shutdown.deadline': '1s' });
      const { code, lastLine } = await lost.server.stop();
      assert.equal(code, 0);
      assert.ok(lastLine.drainSeconds < 10, `the drain took ${lastLine.drainSeconds} s of 1`);
      const { ledger } = lastLine;
      const dropped = totalDropped(ledger.dropped);
      assert.deepEqual(Object.keys(ledger.dropped), ['shutdown_deadline']);
      assert.equal(ledger.offered, lost.sent);
      assert.equal(ledger.offered, ledger.delivered + dropped);
      assert.deepEqual([ledger.queued, ledger.inFlight, ledger.unaccounted], [0, 0, 0]);
      assert.equal(lastLine.lost, dropped);
      assert.equal(lastLine.lostInDrain, dropped);
      await lost.kafka.nodes[0]!.start();
      const found = await kcatCount(lost.kafka.brokers, lost.topic);
      assert.ok(
        ledger.delivered <= found && found <= ledger.delivered + ledger.unconfirmed,
        `${found} found`,
      );
    });

    it('lets a second SIGTERM end the server at once, and the last line still accounts for all', async () => {
      await using lost = await lostBroker({ 'shutdown.deadline': '60s' });
      lost.server.kill('SIGTERM');
      await waitFor('the drain to begin', () => lost.server.stderr().includes('Draining.'));
      const { code, lastLine } = await lost.server.stop('SIGTERM');
      assert.equal(code, 0);
      const { offered, delivered, dropped, unaccounted } = lastLine.ledger;
      assert.equal(offered, lost.sent);
      assert.deepEqual(dropped, { shutdown_deadline: offered - delivered });
      assert.equal(unaccounted, 0);
    });
  });
});
