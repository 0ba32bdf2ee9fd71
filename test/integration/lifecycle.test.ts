import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import type { Stats } from '../../src/server/admin/stats.ts';
import { bin, cleanEnvironment } from '../support/bin.ts';
import { spawnGuarded } from '../support/guarded.ts';
import { ask } from '../support/http-client.ts';
import { startLoad } from '../support/load.ts';
import { namedPipe } from '../support/named-pipe.ts';
import { get, rawClient } from '../support/raw-client.ts';
import { startServer } from '../support/server.ts';
import { exportSpool, recordsOf, sequencesOf } from '../support/spool.ts';
import { waitFor } from '../support/wait-for.ts';
import { redirector } from '../unit/run-redirector.ts';

const target = 'https://example.com/';
const example = fileURLToPath(new URL('../../examples/start.yaml', import.meta.url));

/** inherited + offered = everything that became of them. */
function assertAccounted(ledger: Stats['ledger']): void {
  const dropped = Object.values(ledger.dropped).reduce((sum, count) => sum + count, 0);
  assert.equal(
    ledger.inherited + ledger.offered,
    ledger.delivered + dropped + ledger.spooled + ledger.queued + ledger.inFlight,
  );
  assert.equal(ledger.unaccounted, 0);
}

/** `spool tail --follow` in a terminal. */
function follow(spool: string, folder: string) {
  const [stdout, log] = [join(folder, 'followed'), join(folder, 'follower.log')];
  const args = [bin, 'spool', 'tail', '--follow', '--spool-path', spool];
  const child = spawnGuarded(process.execPath, args, { stdout, log, env: cleanEnvironment() });
  const paths = () =>
    Array.from(readFileSync(stdout, 'utf8').matchAll(/^.*\n/gm), ([line]) => JSON.parse(line).path);
  return {
    shows: (expected: string[]) =>
      waitFor(`${expected} to be followed`, () => isDeepStrictEqual(paths(), expected)),
    async interrupt() {
      child.kill('SIGINT');
      return { ...(await child.exited()), told: readFileSync(log, 'utf8') };
    },
  };
}

describe('the first run with the example configuration', () => {
  test('makes the spool, says how to try it, and spool tail shows the click, those that come later with --follow', async () => {
    const server = await startServer({ flags: ['--config', example] });
    const said = server.stderr();
    assert.match(said, /try it: curl -i http:\/\/127\.0\.0\.1:\d+\//);
    assert.match(said, /records go to the spool .*redirector-spool\.db \(no brokers are given\)/);
    assert.equal((await ask(`${server.url}/first`)).headers.location, 'https://example.com/');
    await recordsOf(server, 1);
    const spool = join(server.cwd, 'redirector-spool.db');
    const tail = await redirector(['spool', 'tail', '--spool-path', spool]);
    assert.equal(tail.code, 0);
    assert.equal(JSON.parse(tail.stdout).path, '/first');
    const follower = follow(spool, server.cwd);
    await follower.shows(['/first']);
    await server.stop();

    const second = await startServer({ flags: ['--config', example], cwd: server.cwd });
    await ask(`${second.url}/second`);
    const { ledger, boot } = await second.waitForStats('both records', (stats) => stats.ledger.spooled === 2);
    await follower.shows(['/first', '/second']);
    assert.deepEqual(await follower.interrupt(), { code: 0, signal: null, told: '' });
    assert.equal(ledger.inherited, 1);
    assert.equal(ledger.offered, 1);
    assertAccounted(ledger);
    const records = await exportSpool(join(server.cwd, 'redirector-spool.db'));
    assert.deepEqual(
      records.map(({ path }) => path),
      ['/first', '/second'],
    );
    assert.ok(records[0]!.id < records[1]!.id && records[1]!.id.startsWith(boot));
    const { code, lastLine } = await second.stop();
    assert.equal(code, 0);
    assert.equal(lastLine.ledger.inherited, 1);
    assertAccounted(lastLine.ledger);
  });
});

describe('a stop', () => {
  test('ends well when nobody reads its standard output any more', async () => {
    const pipe = namedPipe();
    const server = await startServer({ flags: { target }, stdout: pipe.path });
    pipe.close();
    assert.equal((await ask(server.url)).status, 301);
    server.kill('SIGTERM');
    assert.equal((await server.exited()).code, 0);
    assert.equal((await exportSpool(join(server.cwd, 'redirector-spool.db'))).length, 1);
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`by ${signal} under load ends with one line that accounts for every answer`, async () => {
      const server = await startServer({ flags: { target, listeners: 2 } });
      const load = startLoad(server.url, 16);
      await waitFor('some answers', () => load.answered() > 2000);
      const { code, lastLine } = await server.stop(signal);
      const { answered } = await load.ended();
      assert.equal(code, 0);
      assert.equal(server.stdout().trimEnd().split('\n').length, 1);
      assert.equal(lastLine.event, 'shutdown');
      assert.equal(lastLine.reason, signal);
      assert.equal(lastLine.ledger.offered, answered);
      assert.equal(lastLine.ledger.spooled, answered);
      assert.equal(lastLine.lost, 0);
      assert.equal(lastLine.lostInDrain, 0);
      assertAccounted(lastLine.ledger);
      assert.equal((await exportSpool(join(server.cwd, 'redirector-spool.db'))).length, answered);
    });
  }

  test('finishes the request that is being sent, closes idle connections and refuses new ones', async () => {
    const server = await startServer({ flags: { target, 'timeout.read': '20s' } });
    const idle = await rawClient(server.url);
    idle.send(get('/idle'));
    await idle.answers(1);
    const begun = await rawClient(server.url);
    begun.send('GET /begun HTTP/1.1\r\nHost: a\r\n');
    await ask(server.url); // so that what was sent before has been read
    const ending = server.stop();
    await idle.closed();
    await waitFor('new connections to be refused', () =>
      ask(server.url).then(
        () => false,
        () => true,
      ),
    );
    begun.send('\r\n');
    const [answer] = await begun.answers(1);
    assert.match(answer!, /^HTTP\/1\.1 301 [\s\S]*\r\nConnection: close\r\n/);
    const { code, lastLine } = await ending;
    assert.equal(code, 0);
    assert.equal(lastLine.ledger.offered, 3);
    assert.equal(lastLine.ledger.spooled, 3);
  });

  test('cuts a connection that holds it up, within the deadline', async () => {
    const server = await startServer({
      flags: { target, 'timeout.read': '10m', 'shutdown.deadline': '1s' },
    });
    const begun = await rawClient(server.url);
    begun.send('GET /begun HTTP/1.1\r\nHost: a\r\n');
    await ask(server.url);
    const { code, lastLine } = await server.stop();
    assert.equal(code, 0);
    assert.ok(lastLine.drainSeconds < 15, `${lastLine.drainSeconds}`);
    assert.equal(lastLine.ledger.offered, 1);
    await begun.closed();
  });

  test('is hurried by a second signal', async () => {
    const server = await startServer({
      flags: { target, 'timeout.read': '10m', 'shutdown.deadline': '10m' },
    });
    const begun = await rawClient(server.url);
    begun.send('GET /begun HTTP/1.1\r\nHost: a\r\n');
    await ask(server.url);
    server.kill('SIGTERM');
    await waitFor('the drain to begin', () => server.stderr().includes('Draining'));
    const { code, lastLine } = await server.stop('SIGINT');
    assert.equal(code, 0);
    assert.equal(lastLine.reason, 'SIGTERM');
    assert.equal(lastLine.ledger.offered, 1);
    assertAccounted(lastLine.ledger);
    begun.socket.destroy();
  });

  test('with a grace goes on answering, not ready, until the grace is over or hurried', async () => {
    const server = await startServer({ flags: { target, 'shutdown.grace': '10m' } });
    server.kill('SIGTERM');
    await waitFor('not ready', async () => (await ask(`${server.adminUrl}/readyz`)).status === 503);
    assert.equal((await ask(`${server.adminUrl}/readyz`)).body, 'draining\n');
    assert.equal((await ask(`${server.adminUrl}/livez`)).status, 200);
    assert.equal((await server.stats()).state, 'draining');
    assert.equal((await ask(server.url)).status, 301);
    const { code, lastLine } = await server.stop('SIGTERM');
    assert.equal(code, 0);
    assert.equal(lastLine.ledger.spooled, 1);
  });
});

describe('several listeners', () => {
  test('share the load, each with its own ids without a gap', async () => {
    const server = await startServer({ flags: { target, listeners: 2 } });
    const agents = Array.from({ length: 200 }, () => new Agent());
    for (const agent of agents) await ask(server.url, { agent });
    const records = await recordsOf(server, 200);
    const listeners = Map.groupBy(records, ({ id }) => id.split('-')[1]);
    assert.deepEqual([...listeners.keys()].sort(), ['0', '1']);
    for (const own of listeners.values()) {
      assert.deepEqual(
        sequencesOf(own),
        own.map((_, index) => index + 1),
      );
    }
    const { listeners: states } = await server.stats();
    assert.deepEqual(states, [
      { id: 0, state: 'running', restarts: 0, rulesVersion: 1 },
      { id: 1, state: 'running', restarts: 0, rulesVersion: 1 },
    ]);
    assert.equal((await server.stop()).code, 0);
  });

  test('are as many as there are CPUs with auto', async () => {
    const server = await startServer({ flags: { target, listeners: 'auto' } });
    const { listeners } = await server.stats();
    assert.ok(listeners.length >= 1);
    assert.ok(listeners.every(({ state }) => state === 'running'));
    assert.equal((await ask(server.url)).status, 301);
    assert.equal((await server.stop()).lastLine.ledger.spooled, 1);
  });
});
