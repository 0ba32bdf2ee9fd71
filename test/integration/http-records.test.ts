import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { temporaryDirectory } from '../support/guarded.ts';
import { ask } from '../support/http-client.ts';
import { get, rawClient } from '../support/raw-client.ts';
import { startServer } from '../support/server.ts';
import { recordsOf, sequencesOf } from '../support/spool.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === '::1'),
);

const target = 'https://example.com/';

describe('the records of answers', () => {
  test('have exactly the fields of the answer, ids without a gap, and the time of the request', async () => {
    const rules = join(temporaryDirectory('rules'), 'rules.yaml');
    writeFileSync(
      rules,
      'rules:\n  - {path: /a, target: https://example.com/a?x=y, status: 307}\n' +
        '  - {path: /b, target: https://example.com/b, name: The B "rule"}\n',
    );
    const server = await startServer({ flags: { rules } });
    const before = Date.now();
    const client = await rawClient(server.url);
    client.send(
      get('/a?q=1', 'User-Agent: one "two" \\three\r\nReferer: https://from.example/\r\n') +
        get('/b').replace('GET', 'HEAD') +
        get('/none') +
        'DELETE /a HTTP/1.1\r\nHost: test.example\r\nContent-Length: 3\r\n\r\nabc',
    );
    await client.answers(4);
    const records = await recordsOf(server, 4);
    const after = Date.now();
    client.socket.destroy();

    const { boot, requests } = await server.stats();
    const common = { host: 'test.example', remote_address: client.address };
    const expected = [
      {
        method: 'GET',
        path: '/a?q=1',
        rule: '/a',
        status: 307,
        location: 'https://example.com/a?x=y',
        user_agent: 'one "two" \\three',
        referer: 'https://from.example/',
        click: true,
      },
      {
        method: 'HEAD',
        path: '/b',
        rule: 'The B "rule"',
        status: 301,
        location: 'https://example.com/b',
        click: false,
        click_reason: 'method',
      },
      { method: 'GET', path: '/none', status: 404, click: false, click_reason: 'not_found' },
      { method: 'DELETE', path: '/a', status: 405, click: false, click_reason: 'method' },
    ].map((fields, index) => ({ id: `${boot}-0-${index + 1}`, ...common, ...fields }));
    assert.deepEqual(
      records.map(({ time: _, ...fields }) => fields),
      expected,
    );
    for (const { time } of records) {
      assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      assert.ok(Date.parse(time) >= before && Date.parse(time) <= after, time);
    }
    assert.deepEqual(requests.byStatus, { 301: 1, 307: 1, 404: 1, 405: 1 });
    await server.stop();
  });

  test('keep UTF-8 as it is and percent-encode other bytes', async () => {
    const server = await startServer({ flags: { target } });
    const client = await rawClient(server.url);
    const utf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
    client.send(
      get('/caf%C3%A9?q=~', `User-Agent: ${utf8('Zoë 🦊')}\r\nReferer: \x80a\xffb${utf8('é')}\xe2\x82\r\n`) +
        get('/%zz%', 'User-Agent:\r\nReferer: a\tb\r\n'),
    );
    await client.answers(2);
    const [one, two] = await recordsOf(server, 2);
    client.socket.destroy();
    assert.equal(one?.path, '/caf%C3%A9?q=~');
    assert.equal(one?.user_agent, 'Zoë 🦊');
    assert.equal(one?.referer, '%80a%FFbé%E2%82');
    assert.equal(two?.path, '/%zz%');
    assert.equal(two?.user_agent, '');
    assert.equal(two?.referer, 'a\tb');
    await server.stop();
  });

  test("keep the caller's trace, and leave out what is no valid traceparent", async () => {
    const server = await startServer({ flags: { target } });
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const headers = [
      `00-${trace}-00f067aa0ba902b7-01`,
      `00-${trace}-00f067aa0ba902b7-00`,
      `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
      'nonsense',
    ];
    for (const traceparent of headers) await ask(server.url, { headers: { traceparent } });
    const records = await recordsOf(server, 4);
    const ids = { trace_id: trace, span_id: '00f067aa0ba902b7' };
    assert.deepEqual(
      records.map(({ trace_id, span_id }) => (trace_id === undefined ? {} : { trace_id, span_id })),
      [ids, ids, {}, {}],
    );
    await server.stop();
  });

  test('name the peer in brackets over IPv6', { skip: !hasIpv6 && 'this machine has no IPv6' }, async () => {
    const server = await startServer({ flags: { target, host: '::1' } });
    const client = await rawClient(server.url);
    client.send(get('/'));
    await client.answers(1);
    const [record] = await recordsOf(server, 1);
    assert.match(client.address, /^\[::1\]:\d+$/);
    assert.equal(record?.remote_address, client.address);
    client.socket.destroy();
    await server.stop();
  });

  test('name an IPv4 peer of a dual-stack socket as IPv4', { skip: !hasIpv6 && 'no IPv6' }, async () => {
    const server = await startServer({ flags: { target, host: '::' } });
    const client = await rawClient(server.url.replace('[::1]', '127.0.0.1'));
    client.send(get('/'));
    await client.answers(1);
    const [record] = await recordsOf(server, 1);
    assert.equal(record?.remote_address, client.address);
    assert.match(client.address, /^127\.0\.0\.1:/);
    client.socket.destroy();
    await server.stop();
  });

  test('have the address of a client that closes right after sending', async () => {
    const server = await startServer({ flags: { target } });
    const addresses: string[] = [];
    for (let n = 0; n < 50; n++) {
      const closes = await rawClient(server.url);
      const resets = await rawClient(server.url);
      // Connections are accepted in their order: when the last one has its answer, the others have been.
      const last = await rawClient(server.url);
      last.send(get('/', 'Connection: close\r\n'));
      await last.answers(1);
      closes.socket.end(get('/closes'));
      resets.socket.write(get('/resets'), () => resets.socket.resetAndDestroy());
      addresses.push(closes.address, resets.address, last.address);
    }
    const { ledger } = await server.waitForStats(
      'all answers that were begun to be recorded',
      ({ ledger }) => ledger.offered === 150 && ledger.spooled === 150,
    );
    assert.equal(ledger.unaccounted, 0);
    const records = await recordsOf(server, 150);
    assert.deepEqual(records.map(({ remote_address }) => remote_address).sort(), addresses.sort());
    await server.stop();
  });

  test('are the three fields of the Go program with --record-format go-compat', async () => {
    const server = await startServer({
      flags: {
        target,
        'record.format': 'go-compat',
        'record.runtimeParam': 'a<b>&"c"',
        'record.asyncParam': '',
      },
    });
    const client = await rawClient(server.url);
    client.send(get('/'));
    await client.answers(1);
    const [record] = await recordsOf<Record<string, string>>(server, 1);
    assert.deepEqual(Object.entries(record!), [
      ['runtime_param', 'a<b>&"c"'],
      ['async_param', ''],
      ['remote_address', client.address],
    ]);
    client.socket.destroy();
    await server.stop();
  });

  test('count on without a gap over many connections at once', async () => {
    const server = await startServer({ flags: { target } });
    const clients = await Promise.all(Array.from({ length: 20 }, () => rawClient(server.url)));
    for (const client of clients) client.send(get('/').repeat(150));
    await Promise.all(clients.map((client) => client.answers(150)));
    const records = await recordsOf(server, 3000);
    assert.deepEqual(
      sequencesOf(records),
      Array.from({ length: 3000 }, (_, index) => index + 1),
    );
    for (const client of clients) client.socket.destroy();
    await server.stop();
  });
});
