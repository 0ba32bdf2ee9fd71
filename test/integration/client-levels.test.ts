import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { ask } from '../support/http-client.ts';
import { evaluateInThread } from '../support/inspector.ts';
import { serve } from '../support/kafka-server.ts';
import { parsePrometheus, sampleValue } from '../support/prometheus.ts';
import { get, rawClient } from '../support/raw-client.ts';
import { fillUp } from '../support/slow-client.ts';
import { waitFor } from '../support/wait-for.ts';

interface Levels {
  readonly connections: number;
  readonly waiting: number;
}

async function levels(adminUrl: string): Promise<Levels> {
  const samples = parsePrometheus((await ask(`${adminUrl}/metrics`)).body);
  return {
    connections: sampleValue(samples, 'redirector_connections_open'),
    waiting: sampleValue(samples, 'http_server_active_requests'),
  };
}

const become = (adminUrl: string, what: string, until: (now: Levels) => boolean): Promise<Levels> =>
  waitFor(what, () => levels(adminUrl), { until, timeoutMs: 30_000 });

describe('the levels of what clients hold', () => {
  it('count connections, and no request where answers are taken', async () => {
    await using server = await serve({});
    const clients = await Promise.all([1, 2, 3].map(() => rawClient(server.url)));
    for (const client of clients) client.send(get('/').repeat(10));
    for (const client of clients) await client.answers(10);
    assert.deepEqual(await levels(server.adminUrl), { connections: 3, waiting: 0 });
    for (const { socket } of clients) socket.destroy();
    await become(server.adminUrl, 'none to be open', ({ connections }) => connections === 0);
  });

  it('count requests whose answers are not taken, until they are', async () => {
    await using server = await serve({ 'timeout.write': '1h' });
    const client = await rawClient(server.url);
    await fillUp(server, client);
    const { connections, waiting } = await levels(server.adminUrl);
    assert.equal(connections, 1);
    assert.ok(waiting > 0);
    client.socket.resume();
    await become(server.adminUrl, 'all to be taken', (now) => now.waiting === 0);
    assert.equal((await levels(server.adminUrl)).connections, 1);
  });

  it('fall to nothing with the connection, and with the listener', async () => {
    const inspector = await freePort();
    await using server = await serve(
      { 'timeout.write': '1h' },
      { NODE_OPTIONS: `--inspect=127.0.0.1:${inspector}` },
    );
    const nothing = ({ connections, waiting }: Levels): boolean => connections === 0 && waiting === 0;
    const client = await rawClient(server.url);
    await fillUp(server, client);
    client.socket.destroy();
    await become(server.adminUrl, 'the connection to be gone', nothing);

    const other = await rawClient(server.url);
    await fillUp(server, other);
    assert.ok((await levels(server.adminUrl)).waiting > 0);
    await evaluateInThread(inspector, 'listener 0', 'process.exit(1)');
    await server.waitForStats('a new listener', ({ listeners: [first] }) => first?.restarts === 1);
    await become(server.adminUrl, 'nothing to be held', nothing);
    other.socket.destroy();
  });

  it('fall with a connection that is cut after timeout.write, though its client says no more', async () => {
    await using server = await serve({ 'timeout.write': '1s', 'timeout.read': '1h' });
    const client = await rawClient(server.url);
    await fillUp(server, client);
    await become(
      server.adminUrl,
      'the connection to be cut',
      ({ connections, waiting }) => connections + waiting === 0,
    );
    client.socket.destroy();
  });
});
