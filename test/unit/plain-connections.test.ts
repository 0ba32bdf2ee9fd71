import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { it, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { PlainConnections } from '../../src/server/plain-connections.ts';
import type { Answer } from '../../src/server/redirect/answers.ts';
import type { RequestPath } from '../../src/server/redirect/request-path.ts';
import { get, rawClient } from '../support/raw-client.ts';

const answer = {
  status: 301,
  head: 'HTTP/1.1 301 Moved Permanently\r\nContent-Length: 0\r\n',
  body: '',
} as Answer;

/** Connections to a server in this process, which counts what it records, and drains when told or asked for /drain. */
async function connections(t: TestContext) {
  let recorded = 0;
  let isLast = false;
  const drain = (): void => {
    isLast = true;
    server.close();
    plain.close();
  };
  const path: RequestPath = {
    begin: (request) => {
      if (request.url === '/drain') drain();
      return {
        request,
        time: Date.now(),
        started: 0,
        remoteAddress: '',
        client: '',
        answer,
        isLast,
        requestId: undefined,
      };
    },
    end: () => void recorded++,
  };
  const server = createServer();
  const limits = { readTimeoutMs: 5000, idleTimeoutMs: 5000, maxHeaderBytes: 8192 };
  const plain = new PlainConnections(server, path, limits);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  t.after(() => server.close());
  return {
    async connect() {
      const client = await rawClient(`http://127.0.0.1:${port}`);
      client.send(get('/'));
      await client.answers(1);
      return client;
    },
    recorded: () => recorded,
    drain,
  };
}

const answersIn = (received: string): number => received.split('HTTP/1.1 301').length - 1;

it('a drain answers what has come already, and closes connections of which nothing has', async (t) => {
  const { connect, drain, recorded } = await connections(t);
  const [busy, idle] = [await connect(), await connect()];
  busy.send(get('/'));
  drain();
  await Promise.all([busy.closed(), idle.closed()]);
  assert.match(busy.received(), /(HTTP[\s\S]*){2}\r\nConnection: close\r\n/);
  assert.deepEqual([answersIn(busy.received()), answersIn(idle.received()), recorded()], [2, 1, 3]);
});

it('a drain that begins in the midst of requests answers them', async (t) => {
  const { connect, recorded } = await connections(t);
  const clients = await Promise.all(Array.from({ length: 16 }, connect));
  // All of them are there when the server looks, and that it is to drain is what it reads first.
  clients[0]!.send(get('/drain'));
  for (const client of clients.slice(1)) client.send(get('/'));
  await Promise.all(clients.map((client) => client.closed()));
  assert.deepEqual(
    clients.map((client) => answersIn(client.received())),
    Array(16).fill(2),
  );
  assert.equal(recorded(), 32);
});

// A request can come between the moment in which a connection is ended and the one in which it is closed.
for (const turns of [0, 1, 2, 3, 4, 5]) {
  it(`what comes ${turns} turns after a drain began is answered and recorded, or neither`, async (t) => {
    const { connect, drain, recorded } = await connections(t);
    const client = await connect();
    drain();
    for (let n = 0; n < turns; n++) await turn();
    client.send(get('/'));
    await client.closed();
    assert.equal(answersIn(client.received()), recorded());
  });
}
