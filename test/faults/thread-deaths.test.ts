import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { clicksIn } from '../support/clicks.ts';
import { freePort } from '../support/free-port.ts';
import { evaluateInThread } from '../support/inspector.ts';
import { type Flags, type ServingServer, serve } from '../support/kafka-server.ts';
import { realPart } from '../support/real-parts.ts';
import { sharedKafka } from '../support/shared.ts';
import { type LoadResult, startLoad } from '../support/steady-load.ts';
import { createTopic } from '../support/topics.ts';

const RPS = 800;
/** One less than a thread is given up after. */
const DEATHS = 4;
/** A death comes at some moment of so many milliseconds: before, while or after a batch is on its way. */
const WITHIN_MS = 100;

describe('threads that die at random moments under load', { skip: await realPart('kafka', 'kcat') }, () => {
  let brokers: string[];

  before(async () => {
    ({ brokers } = await sharedKafka());
  });

  /** Ends these threads again and again while a server of two listeners is under load, and lets it come to rest. */
  async function die(threads: readonly string[], flags: Flags = {}, config: Record<string, string> = {}) {
    const port = await freePort();
    const topic = await createTopic(brokers, { partitions: 3, config });
    await using server = await serve(
      { brokers: brokers.join(','), topic, listeners: 2, ...flags },
      { NODE_OPTIONS: `--inspect=127.0.0.1:${port}` },
    );
    const load = startLoad(server.url, RPS);
    try {
      for (let death = 1; death <= DEATHS; death++) {
        await nextDeliveries(server);
        await sleep(Math.random() * WITHIN_MS);
        await Promise.all(threads.map((thread) => evaluateInThread(port, thread, 'process.exit(1)')));
      }
      await nextDeliveries(server);
      const answers = await load.stop();
      const stats = await server.waitForStats(
        'all records to be settled',
        ({ ledger: { queued, inFlight } }) => queued === 0 && inFlight === 0,
        60_000,
      );
      const { code, lastLine } = await server.stop();
      assert.equal(code, 0);
      assert.match(server.stderr(), new RegExp(`The ${threads[0]} thread died and is replaced`));
      const clicks = await clicksIn(brokers, topic);
      return { answers, stats, ledger: lastLine.ledger, clicks, log: server.stderr() };
    } finally {
      await load.stop();
    }
  }

  type Aftermath = Awaited<ReturnType<typeof die>>;

  /** Every record is in the topic once, and the books say so. */
  function assertOnce({ stats, ledger, clicks }: Aftermath): void {
    assert.equal(ledger.unaccounted, 0, JSON.stringify(ledger));
    assert.equal(stats.possibleDuplicates, 0);
    assert.equal(new Set(clicks.map(({ id }) => id)).size, clicks.length, 'no record was found twice');
    assert.equal(clicks.length, ledger.delivered, 'what was delivered was found, and nothing else');
  }

  /** Requests fail on the connections of a dead listener alone, as what they are: broken connections. */
  function assertBroken({ failures }: LoadResult): void {
    const others = Object.keys(failures).filter((what) => !['ECONNRESET', 'EPIPE'].includes(what));
    assert.deepEqual(others, []);
  }

  it('the shipper: no answer fails, and every record is in the topic exactly once', async () => {
    const aftermath = await die(['shipper']);
    assertOnce(aftermath);
    const { answers, ledger } = aftermath;
    assert.deepEqual(answers.failures, {});
    assert.deepEqual([ledger.offered, ledger.delivered], [answers.sent, answers.sent]);
  });

  it('the shipper while its batches go in parts: every record is in the topic exactly once', async () => {
    const aftermath = await die(['shipper'], { linger: '200ms' }, { 'max.message.bytes': '3000' });
    assertOnce(aftermath);
    const { answers, ledger, log } = aftermath;
    assert.match(log, /go in parts/);
    assert.deepEqual(answers.failures, {});
    assert.deepEqual([ledger.offered, ledger.delivered], [answers.sent, answers.sent]);
  });

  it('a listener: what it had recorded is in the topic exactly once, and one record at most is lost', async () => {
    const aftermath = await die(['listener 1']);
    assertOnce(aftermath);
    assertBroken(aftermath.answers);
    const { ledger, stats } = aftermath;
    const { crash = 0, ...others } = ledger.dropped;
    assert.deepEqual(others, {});
    assert.ok(crash <= DEATHS, `${crash} records were lost by ${DEATHS} deaths`);
    assert.equal(ledger.offered, ledger.delivered + crash);
    assert.deepEqual(
      stats.listeners.map(({ restarts }) => restarts),
      [0, DEATHS],
    );
  });

  it('the shipper and a listener at once: every record is in the topic at most once, and accounted for', async () => {
    const aftermath = await die(['shipper', 'listener 0']);
    assertOnce(aftermath);
    assertBroken(aftermath.answers);
    const { crash = 0, ...others } = aftermath.ledger.dropped;
    assert.deepEqual(others, {});
    assert.ok(crash <= DEATHS, `${crash} records were lost by ${DEATHS} deaths`);
  });
});

/** Waits until records come through: whoever died is replaced, and its successor is at work. */
async function nextDeliveries(server: ServingServer): Promise<void> {
  const { delivered } = (await server.stats()).ledger;
  await server.waitForStats(
    'deliveries',
    ({ ledger, listeners }) =>
      ledger.delivered > delivered + RPS / 10 && listeners.every(({ state }) => state === 'running'),
    30_000,
  );
}
