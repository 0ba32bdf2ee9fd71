import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { ReadBuffer } from '../../../src/server/read-buffer.ts';
import { readPlainRequest } from '../../../src/server/redirect/plain-request.ts';
import { request } from '../../support/http-noise.ts';
import { get } from '../../support/raw-client.ts';

const socket = new Socket();
const read = (text: string, at = 0) => readPlainRequest(text, at, socket);

describe('a plain request', () => {
  test('is what browsers send', () => {
    const text =
      'GET /p/%7Ea?q=1&r=;+#x HTTP/1.1\r\nHost: go.example:8080\r\nConnection: keep-alive\r\nUpgrade-Insecure-Requests: 1\r\n' +
      'User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nsec-ch-ua: "Chromium";v="131"\r\nX-Empty:\r\nX-Caf\x65: caf\xe9\r\n\r\n';
    const found = read(text)!;
    assert.equal(found.method, 'GET');
    assert.equal(found.url, '/p/%7Ea?q=1&r=;+#x');
    assert.equal(found.headers.host, 'go.example:8080');
    assert.equal(found.headers['sec-ch-ua'], '"Chromium";v="131"');
    assert.equal(found.headers['x-empty'], '');
    assert.equal(found.headers['x-cafe'], 'caf\xe9');
    assert.equal(found.end, text.length);
  });

  test('may stand behind another', () => {
    const text = get('/first') + get('/second');
    const first = read(text)!;
    assert.equal(read(text, first.end)!.url, '/second');
  });

  const others: readonly (readonly [what: string, text: string])[] = [
    ['has a body', get('/', 'Content-Length: 1\r\n')],
    ['has a body in chunks', get('/', 'Transfer-Encoding: chunked\r\n')],
    ['is of another method', get('/').replace('GET', 'POST')],
    ['is of another version', get('/').replace('1.1', '1.0')],
    ['ends the connection', get('/', 'Connection: close\r\n')],
    ['asks for another protocol', get('/', 'Upgrade: h2c\r\n')],
    ['has a field twice', get('/', 'X-A: 1\r\nx-a: 2\r\n')],
    ['has two hosts', get('/', 'Host: b\r\n')],
    ['has no host', 'GET / HTTP/1.1\r\n\r\n'],
    ['is in absolute form', get('http://a/')],
    ['has white space that must be taken off', get('/', 'X-A: 1 \r\n')],
    ['has a folded field', get('/', 'X-A: 1\r\n 2\r\n')],
    ['has a NUL', get('/', 'X-A: \0\r\n')],
    ['has lines that end in LF alone', get('/').replaceAll('\r', '')],
    ['is not whole', get('/').slice(0, -1)],
    ['is nothing', ''],
  ];
  for (const [what, text] of others) {
    test(`is not one that ${what}`, () => assert.equal(read(text), undefined));
  }
});

describe('what is read as a plain request', () => {
  const seen: IncomingMessage[] = [];
  const server = createServer({ maxHeaderSize: 2 ** 20 }, (incoming, response) => {
    seen.push(incoming);
    response.end();
  });
  before(() => once(server.listen(0, '127.0.0.1'), 'listening'));
  after(() => server.close());

  test('node:http reads in the same way', async () => {
    const { port } = server.address() as AddressInfo;
    let plain = 0;
    await fc.assert(
      fc.asyncProperty(request, async (text) => {
        const found = read(text);
        fc.pre(found !== undefined);
        plain++;
        seen.length = 0;
        const client = connect(port, '127.0.0.1');
        client.end(text.slice(0, found!.end), 'latin1');
        await once(client.resume(), 'close');
        assert.deepEqual(
          seen.map(({ method, url, headers, httpVersion }) => ({
            method,
            url,
            headers: { ...headers },
            httpVersion,
          })),
          [
            {
              method: found!.method,
              url: found!.url,
              headers: { ...found!.headers },
              httpVersion: found!.httpVersion,
            },
          ],
        );
      }),
      { numRuns: 200, maxSkipsPerRun: 100 },
    );
    assert.ok(plain >= 100);
  });
});

test('the Node that is pinned reads all sockets into one buffer', async () => {
  const buffer = new ReadBuffer(1024);
  const texts: string[] = [];
  const server = createTcpServer((client) => {
    const isRead = buffer.read(client, (bytes, length) => {
      texts.push(bytes.toString('latin1', 0, length));
      client.destroy();
    });
    assert.ok(isRead);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.end('hello');
  await once(client.resume(), 'close');
  server.close();
  assert.deepEqual(texts, ['hello']);
});
