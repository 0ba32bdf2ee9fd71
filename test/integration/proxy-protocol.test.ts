import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { connect } from 'node:tls';
import { makeAuthority } from '../support/certificates.ts';
import { ask } from '../support/http-client.ts';
import { logLinesOf } from '../support/log-lines.ts';
import { headerV2, IPV4_BLOCK } from '../support/proxy-header.ts';
import { get, type RawClient, rawClient } from '../support/raw-client.ts';
import { realPart } from '../support/real-parts.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { recordsOf } from '../support/spool.ts';
import { waitFor } from '../support/wait-for.ts';

const V1 = 'PROXY TCP4 198.51.100.7 192.0.2.1 1234 80\r\n';
const trusting = {
  target: 'https://example.com/',
  'proxy.protocol': 'on',
  'proxy.trusted': '127.0.0.1,10.0.0.0/8',
} as const;

/** How many connections were refused for their header. */
async function refusedBy(server: RunningServer): Promise<number> {
  const { body } = await ask(`${server.adminUrl}/metrics`);
  return Number(/^redirector_connections_refused_total\{[^}]*"proxy_header"\} (\d+)$/m.exec(body)![1]);
}

describe('behind a proxy that speaks the PROXY protocol', () => {
  let server: RunningServer;
  let count = 0;
  before(async () => {
    const flags = { ...trusting, 'timeout.read': '1s', 'limit.connectionsPerAddress': 2 };
    server = await startServer({ flags });
  });
  after(() => server?.stop());

  /** Sends pieces, each a segment of its own as far as the system lets it, and gives the address in the last record. */
  async function addressAfter(...pieces: string[]): Promise<{ recorded: unknown; client: RawClient }> {
    const client = await rawClient(server.url);
    client.socket.setNoDelay(true);
    for (const piece of pieces) {
      client.send(piece);
      await new Promise(setImmediate);
    }
    assert.match((await client.answers(1))[0]!, /^HTTP\/1\.1 301 /);
    client.socket.destroy();
    const records = await recordsOf(server, ++count);
    return { recorded: records.at(-1)!.remote_address, client };
  }

  test('the recorded address is the one in its header, in one segment with the request or in many', async () => {
    assert.equal((await addressAfter(V1 + get('/'))).recorded, '198.51.100.7:1234');
    assert.equal(
      (await addressAfter(headerV2({ rest: IPV4_BLOCK }), get('/'))).recorded,
      '198.51.100.7:1234',
    );
    const all = V1 + get('/');
    assert.equal((await addressAfter(...all)).recorded, '198.51.100.7:1234');
  });

  test('a header without an address leaves that of the connection', async () => {
    for (const header of ['PROXY UNKNOWN\r\n', headerV2({ command: 0x20, protocol: 0 })]) {
      const { recorded, client } = await addressAfter(header + get('/'));
      assert.equal(recorded, client.address);
    }
  });

  test('X-Forwarded-For is read where the header names another proxy that is trusted, and not where it names a client', async () => {
    const forwarded = get('/', 'X-Forwarded-For: 203.0.113.9\r\n');
    assert.equal((await addressAfter(V1 + forwarded)).recorded, '198.51.100.7:1234');
    const chained = await addressAfter(`PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n${forwarded}`);
    assert.equal(chained.recorded, '203.0.113.9');
  });

  test('requests go on over the connection, pipelined with the header or later', async () => {
    const client = await rawClient(server.url);
    client.send(V1 + get('/1') + get('/2'));
    await client.answers(2);
    client.send(get('/3'));
    await client.answers(3);
    client.socket.destroy();
    count += 3;
    for (const { remote_address } of (await recordsOf(server, count)).slice(-3))
      assert.equal(remote_address, '198.51.100.7:1234');
  });

  test('who is over the limit of connections is the client, not the proxy', async () => {
    const open = async (address: string): Promise<RawClient> => {
      const client = await rawClient(server.url);
      client.send(`PROXY TCP4 ${address} 192.0.2.1 1 2\r\n${get('/')}`);
      await waitFor('an answer or the end', () => client.received() !== '' || client.socket.closed);
      return client;
    };
    const clients: RawClient[] = [];
    for (const address of ['203.0.113.1', '203.0.113.1', '203.0.113.1', '203.0.113.2'])
      clients.push(await open(address));
    assert.deepEqual(
      clients.map((client) => client.received().slice(0, 12)),
      ['HTTP/1.1 301', 'HTTP/1.1 301', '', 'HTTP/1.1 301'],
    );
    for (const { socket } of clients) socket.destroy();
    count += 3;
  });

  test('a connection without a proper header is closed without an answer, counted, and told once', async () => {
    const before = await refusedBy(server);
    const bad = [
      get('/'),
      'PROXY TCP4 nonsense\r\n',
      headerV2({ command: 0x31, rest: IPV4_BLOCK }),
      'PROXY ',
    ];
    for (const text of bad) {
      const client = await rawClient(server.url);
      client.send(text);
      await client.closed(); // the last one after timeout.read
      assert.equal(client.received(), '');
    }
    const halfway = await rawClient(server.url);
    halfway.send('PROXY TCP4');
    halfway.socket.end();
    await halfway.closed();
    const silent = await rawClient(server.url);
    silent.socket.end();
    await silent.closed();
    assert.equal((await refusedBy(server)) - before, bad.length + 1);
    const told = logLinesOf(server.stderr()).filter(
      ({ event }) => event === 'redirector.proxy.header_refused',
    );
    assert.deepEqual(
      told.map((line) => [line['network.peer.address'], line['exception.message']]),
      [['127.0.0.1', 'there is none']],
    );
    assert.equal((await server.stats()).ledger.offered, count);
  });
});

test('from others a header of the PROXY protocol is a malformed request, and none is asked for', async () => {
  const server = await startServer({ flags: { ...trusting, 'proxy.trusted': '192.0.2.0/24' } });
  const forging = await rawClient(server.url);
  forging.send(V1 + get('/'));
  await forging.closed();
  assert.match(forging.received(), /^HTTP\/1\.1 400 /);
  const plain = await rawClient(server.url);
  plain.send(get('/'));
  await plain.answers(1);
  plain.socket.destroy();
  const [record] = await recordsOf(server, 1);
  assert.equal(record!.remote_address, plain.address);
  await server.stop();
});

test('the header stands before the TLS handshake, and a drain does not wait for one', {
  skip: await realPart('openssl'),
}, async () => {
  const authority = await makeAuthority();
  const { cert, key } = await authority.sign('go', { hosts: ['go.example'] });
  const server = await startServer({
    flags: { ...trusting, 'https.cert': cert, 'https.key': key, 'timeout.read': '60s' },
  });
  const raw = await rawClient(server.url);
  raw.socket.removeAllListeners('data');
  raw.send(V1);
  const secure = connect({ socket: raw.socket, ca: readFileSync(authority.ca), servername: 'go.example' });
  await once(secure, 'secureConnect');
  secure.write(get('/'));
  const [chunk] = (await once(secure, 'data')) as [Buffer];
  assert.match(chunk.toString(), /^HTTP\/1\.1 301 /);
  secure.destroy();
  const [record] = await recordsOf(server, 1);
  assert.equal(record!.remote_address, '198.51.100.7:1234');
  const silent = await rawClient(server.url);
  await server.stop();
  await silent.closed();
});
