import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { ask } from '../support/http-client.ts';
import { evaluateInThread } from '../support/inspector.ts';
import { get, rawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { recordsOf, sequencesOf } from '../support/spool.ts';
import { waitFor } from '../support/wait-for.ts';

const target = 'https://example.com/';

/** Ends a thread of the server, as a failure of it would. */
type End = (thread: string) => Promise<void>;

async function startInspected(flags: Record<string, string | number>): Promise<[RunningServer, End]> {
  const port = await freePort();
  const server = await startServer({ flags, env: { NODE_OPTIONS: `--inspect=127.0.0.1:${port}` } });
  return [server, (thread) => evaluateInThread(port, thread, 'process.exit(1)')];
}

const restartsOf = (listeners: readonly { restarts: number }[]): number =>
  listeners.reduce((sum, { restarts }) => sum + restarts, 0);

describe('a thread that dies', () => {
  test('a listener is replaced, its records are kept, and ids count on', async () => {
    const [server, end] = await startInspected({ target, linger: '5s' });
    const client = await rawClient(server.url);
    client.send(get('/before').repeat(10));
    await client.answers(10);
    await end('listener 0');
    await client.closed();
    await server.waitForStats(
      'a new listener',
      ({ listeners: [first] }) => first?.restarts === 1 && first.state === 'running',
    );
    await waitFor('an answer', () => ask(server.url).then(({ status }) => status === 301));
    const { lastLine, code } = await server.stop();
    assert.equal(code, 0);
    assert.equal(lastLine.ledger.offered, 11);
    assert.equal(lastLine.ledger.spooled, 11);
    assert.equal(lastLine.ledger.unaccounted, 0);
    assert.match(server.stderr(), /The listener 0 thread died and is replaced\./);
  });

  test('one listener of two leaves the other answering', async () => {
    const [server, end] = await startInspected({ target, listeners: 2 });
    await end('listener 1');
    for (let n = 0; n < 50; n++) {
      await waitFor('an answer', () => ask(server.url).then(({ status }) => status === 301));
    }
    const { listeners } = await server.waitForStats(
      'a new listener',
      (stats) =>
        stats.listeners.every(({ state }) => state === 'running') && restartsOf(stats.listeners) === 1,
    );
    assert.deepEqual(
      listeners.map(({ restarts }) => restarts),
      [0, 1],
    );
    assert.equal((await server.stop()).lastLine.ledger.unaccounted, 0);
  });

  test('the spooler is replaced, and nothing is lost or written twice', async () => {
    const [server, end] = await startInspected({ target });
    for (let n = 0; n < 20; n++) {
      await ask(server.url);
      if (n % 5 === 4) await end('spooler');
    }
    const records = await recordsOf(server, 20);
    assert.deepEqual(
      sequencesOf(records),
      Array.from({ length: 20 }, (_, n) => n + 1),
    );
    const { code, lastLine } = await server.stop();
    assert.equal(code, 0);
    assert.equal(lastLine.ledger.spooled, 20);
    assert.equal(lastLine.ledger.unaccounted, 0);
  });

  test('a listener that dies five times within a minute is given up, and the server ends with code 3', async () => {
    const [server, end] = await startInspected({ target });
    for (let death = 1; death <= 5; death++) {
      await end('listener 0');
      if (death < 5) {
        await server.waitForStats(
          'a new listener',
          ({ listeners: [first] }) => first?.restarts === death && first.state === 'running',
        );
      }
    }
    const { code } = await server.exited();
    assert.equal(code, 3);
    assert.match(server.stderr(), /The listener 0 thread died 5 times within a minute and was given up: /);
    const { lastLine } = await server.stop();
    assert.equal(lastLine.reason, 'every listener died too often');
    assert.equal(lastLine.ledger.unaccounted, 0);
  });

  test('a spooler that is given up leaves the answers going, and the server not ready', async () => {
    const [server, end] = await startInspected({ target });
    for (let death = 1; death <= 5; death++) await end('spooler');
    await waitFor('not ready', async () => (await ask(`${server.adminUrl}/readyz`)).status === 503);
    assert.match((await ask(`${server.adminUrl}/readyz`)).body, /^the spooler thread was given up/);
    assert.equal((await ask(server.url)).status, 301);
    // The answer comes before its record.
    const stats = await server.waitForStats('the record to wait', ({ ledger }) => ledger.queued === 1);
    assert.equal(stats.state, 'degraded');
    assert.equal(stats.ledger.unaccounted, 0);
    const { lastLine } = await server.stop();
    assert.deepEqual(lastLine.ledger.dropped, { shutdown_deadline: 1 });
    assert.equal(lastLine.ledger.unaccounted, 0);
  });
});
