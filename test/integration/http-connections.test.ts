import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ask } from '../support/http-client.ts';
import { get, rawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { fillUp } from '../support/slow-client.ts';

/** Far below the 30 s that Node's own checks take, far above what a busy machine adds. */
const SOON_MS = 15_000;

const target = 'https://example.com/';

describe('requests that the parser answers', () => {
  let server: RunningServer;
  before(async () => {
    server = await startServer({ flags: { target } });
  });
  after(() => server?.stop());

  const cases: [what: string, request: string, status: number][] = [
    ['malformed', 'nonsense\r\n\r\n', 400],
    ['without a host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['with two hosts', get('/', 'host: other.example\r\n'), 400],
    ['with the same host twice', get('http://test.example/', 'Host: test.example\r\n'), 400],
    ['that expects what nobody can do', get('/', 'Expect: the-impossible\r\nConnection: close\r\n'), 417],
    ['with raw UTF-8 in its path', get('/caf\xc3\xa9'), 400],
    ['with two lengths', get('/', 'Content-Length: 1\r\nContent-Length: 2\r\n'), 400],
    ['with a head of 20 KB', get('/', `X-Long: ${'x'.repeat(20_000)}\r\n`), 431],
    ['that stops in its head', 'GET / HTTP/1.1\r\nHost: slow', 408],
    ['that never comes', '', 408],
  ];
  for (const [what, request, status] of cases) {
    test(`a request ${what} is ${status}, closes the connection and offers no record`, async () => {
      const started = performance.now();
      const client = await rawClient(server.url);
      client.send(request);
      await client.closed();
      assert.ok(performance.now() - started < SOON_MS);
      assert.match(client.received(), new RegExp(`^HTTP/1\\.1 ${status} `));
      client.socket.destroy();
      const { ledger, requests } = await server.stats();
      assert.equal(ledger.offered, 0);
      assert.equal(requests.total, 0);
    });
  }

  test('a server that answered all of those has counted them, and goes on answering', async () => {
    const { body } = await ask(`${server.adminUrl}/metrics`);
    for (const status of [400, 408, 417, 431]) {
      const count = cases.filter(([, , expected]) => expected === status).length;
      const line = `^redirector_requests_refused_total\\{[^}]*status_code="${status}"\\} ${count}$`;
      assert.match(body, new RegExp(line, 'm'));
    }
    assert.equal((await ask(server.url)).status, 301);
  });
});

describe('the time-outs of a connection', () => {
  test('an idle one is closed after timeout.idle', async () => {
    const server = await startServer({ flags: { target, 'timeout.idle': '300ms' } });
    const started = performance.now();
    const client = await rawClient(server.url);
    client.send(get('/'));
    await client.answers(1);
    await client.closed();
    assert.ok(performance.now() - started < SOON_MS);
    assert.doesNotMatch(client.received(), /408/);
    assert.equal((await server.stats()).ledger.offered, 1);
    await server.stop();
  });

  test('a body that does not come is cut after timeout.read, and was answered and recorded once', async () => {
    const server = await startServer({ flags: { target, 'timeout.read': '300ms' } });
    const started = performance.now();
    const client = await rawClient(server.url);
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc');
    await client.closed();
    assert.ok(performance.now() - started < SOON_MS);
    assert.match(client.received(), /^HTTP\/1\.1 405 /);
    assert.equal((await server.stats()).ledger.offered, 1);
    await server.stop();
  });

  test('a client that takes no answers is cut after timeout.write, and others are answered meanwhile', async () => {
    const server = await startServer({ flags: { target, 'timeout.write': '2s' } });
    const client = await rawClient(server.url);
    let sent = await fillUp(server, client);
    assert.equal((await ask(server.url)).status, 301);
    // It goes on asking: what stood still may have waited for a processor, and a paused socket learns of the reset by writing alone.
    const started = performance.now();
    while (!client.socket.closed) {
      assert.ok(performance.now() - started < SOON_MS, 'the connection is still open');
      client.send(get('/').repeat(1000));
      sent += 1000;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const { requests, ledger } = await server.stats();
    assert.ok(requests.total < sent);
    assert.equal(ledger.offered, requests.total);
    assert.doesNotMatch(server.stderr(), /Warning/);
    await server.stop();
  });

  test('a client that pauses for less than timeout.write gets every answer, and keeps its connection', async () => {
    const server = await startServer({ flags: { target, 'timeout.write': '3s' } });
    const client = await rawClient(server.url);
    const sent = await fillUp(server, client);
    client.socket.resume();
    const answers = await client.answers(sent);
    assert.equal(answers.length, sent);
    // For twice the time-out one more answer after another comes.
    const started = performance.now();
    for (let more = 1; performance.now() - started < 6000; more++) {
      client.send(get('/'));
      await client.answers(sent + more);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    assert.equal(client.socket.closed, false);
    client.socket.destroy();
    assert.doesNotMatch(server.stderr(), /Warning/);
    await server.stop();
  });
});
