import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { type Certificate, makeAuthority } from '../support/certificates.ts';
import { temporaryDirectory } from '../support/guarded.ts';
import { get, rawClient } from '../support/raw-client.ts';
import { realPart } from '../support/real-parts.ts';
import { startServer } from '../support/server.ts';
import { waitFor } from '../support/wait-for.ts';

const target = 'https://example.com/';

describe('a server with limits', () => {
  test('answers 414 to a request target that is too long, and records it as refused', async () => {
    const server = await startServer({ flags: { target, 'limit.urlBytes': '100B' } });
    const client = await rawClient(server.url);
    client.send(get(`/${'a'.repeat(99)}`) + get(`/${'a'.repeat(100)}`));
    const [fits, tooLong] = await client.answers(2);
    assert.match(fits!, /^HTTP\/1\.1 301 /);
    assert.match(tooLong!, /^HTTP\/1\.1 414 /);
    assert.doesNotMatch(tooLong!, /location/i);
    client.socket.destroy();
    assert.equal((await server.stop()).lastLine.ledger.offered, 2);
  });

  test('answers 431 to headers that are too large, and goes on with others', async () => {
    const server = await startServer({
      flags: { target, 'limit.headerBytes': '1KiB', 'limit.urlBytes': '1KiB' },
    });
    const large = await rawClient(server.url);
    large.send(get('/', `X-Large: ${'a'.repeat(2000)}\r\n`));
    const [answer] = await large.answers(1);
    assert.match(answer!, /^HTTP\/1\.1 431 /);
    await large.closed();
    const small = await rawClient(server.url);
    small.send(get('/'));
    assert.match((await small.answers(1))[0]!, /^HTTP\/1\.1 301 /);
    small.socket.destroy();
    await server.stop();
  });

  test('closes a connection after so many requests, and says so in the last answer', async () => {
    const server = await startServer({ flags: { target, 'limit.requestsPerConnection': 3 } });
    const client = await rawClient(server.url);
    for (let request = 1; request <= 3; request++) {
      client.send(get('/'));
      const answer = (await client.answers(request))[request - 1]!;
      assert.match(answer, /^HTTP\/1\.1 301 /);
      assert.equal(/connection: close/i.test(answer), request === 3);
    }
    await client.closed();
    await server.stop();
  });

  test('closes connections over the limit of an address at once, and takes new ones when others have ended', async () => {
    const server = await startServer({ flags: { target, 'limit.connectionsPerAddress': 3 } });
    const kept = await Promise.all(Array.from({ length: 3 }, () => rawClient(server.url)));
    for (const client of kept) client.send(get('/'));
    for (const client of kept) await client.answers(1);
    const over = await rawClient(server.url);
    await over.closed();
    assert.equal(over.received(), '');
    kept[0]!.socket.destroy();
    await waitFor('a place to be free', async () => {
      const client = await rawClient(server.url);
      client.send(get('/'));
      await waitFor('an answer or the end', () => client.received() !== '' || client.socket.closed);
      client.socket.destroy();
      return client.received().startsWith('HTTP/1.1 301 ');
    });
    for (const { socket } of kept) socket.destroy();
    await server.stop();
  });

  test('lets a trusted proxy have more connections than others', async () => {
    const flags = { target, 'limit.connectionsPerAddress': 1, 'proxy.trusted': '127.0.0.0/8' };
    const server = await startServer({ flags });
    const clients = await Promise.all(Array.from({ length: 5 }, () => rawClient(server.url)));
    for (const client of clients) client.send(get('/'));
    for (const client of clients) assert.match((await client.answers(1))[0]!, /^HTTP\/1\.1 301 /);
    for (const { socket } of clients) socket.destroy();
    await server.stop();
  });

  test('closes connections over the limit in all', async () => {
    const server = await startServer({ flags: { target, 'limit.connections': 2 } });
    const kept = await Promise.all(Array.from({ length: 2 }, () => rawClient(server.url)));
    for (const client of kept) client.send(get('/'));
    for (const client of kept) await client.answers(1);
    const over = await rawClient(server.url);
    await over.closed();
    for (const { socket } of kept) socket.destroy();
    await server.stop();
  });
});

describe('a server with a certificate', { skip: await realPart('openssl') }, () => {
  async function ask(
    port: number,
    ca: string,
  ): Promise<{ answer: string; subject: string; socket: TLSSocket }> {
    const socket = connect({ host: '127.0.0.1', port, ca: readFileSync(ca), servername: 'go.example' });
    await once(socket, 'secureConnect');
    socket.write(get('/'));
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    return { answer: chunk.toString(), subject: String(socket.getPeerCertificate().subject.CN), socket };
  }

  test('speaks TLS, and shows another one to new connections soon after its files have changed', async () => {
    const authority = await makeAuthority();
    const folder = temporaryDirectory('certificate');
    const files = { cert: join(folder, 'server.pem'), key: join(folder, 'server.key') };
    const install = ({ cert, key }: Certificate): void => {
      copyFileSync(key, files.key);
      copyFileSync(cert, files.cert);
    };
    install(await authority.sign('first', { hosts: ['go.example'] }));
    const server = await startServer({
      flags: { target, 'https.cert': files.cert, 'https.key': files.key },
    });
    const port = Number(new URL(server.url).port);
    const before = await ask(port, authority.ca);
    assert.equal(before.subject, 'first');
    assert.match(before.answer, /^HTTP\/1\.1 301 .*\r\nLocation: https:\/\/example\.com\/\r\n/s);
    assert.match(server.stderr(), /answering at https:\/\//);
    const metrics = await (await fetch(`${server.adminUrl}/metrics`)).text();
    assert.match(metrics, /^http_server_request_duration_seconds_count\{[^}]*url_scheme="https"[^}]*\} 1$/m);

    install(await authority.sign('second', { hosts: ['go.example'] }));
    await waitFor('the other certificate', async () => {
      const { subject, socket } = await ask(port, authority.ca);
      socket.destroy();
      return subject === 'second';
    });
    before.socket.write(get('/'));
    const [chunk] = (await once(before.socket, 'data')) as [Buffer];
    assert.match(chunk.toString(), /^HTTP\/1\.1 301 /, 'a connection that was open goes on');
    before.socket.destroy();
    assert.equal((await server.stop()).lastLine.ledger.unaccounted, 0);
  });
});
