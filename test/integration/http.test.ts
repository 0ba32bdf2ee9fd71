import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { temporaryDirectory } from '../support/guarded.ts';
import { ask } from '../support/http-client.ts';
import { get, rawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/server.ts';

/** Neither of them is what a URL parser would write. */
const TARGET = 'HTTPS://Example.com/a%20b/../c?d=+;e=%zz#f';

const withoutDate = (answer: string): string => answer.replace(/\r\nDate: [^\r]*/, '');

describe('a server with one target', () => {
  let server: RunningServer;
  before(async () => {
    server = await startServer({ flags: { target: TARGET } });
  });
  after(() => server?.stop());

  test('answers GET with 301 and the target byte for byte, and nothing else', async () => {
    const client = await rawClient(server.url);
    client.send(get('/any/path?with=query'));
    const [answer] = await client.answers(1);
    assert.equal(
      withoutDate(answer!),
      `HTTP/1.1 301 Moved Permanently\r\nLocation: ${TARGET}\r\nCache-Control: private, no-store\r\n` +
        'Content-Length: 0\r\nConnection: keep-alive\r\nKeep-Alive: timeout=75\r\n\r\n',
    );
    client.socket.destroy();
  });

  test('answers HEAD with the head of GET', async () => {
    const client = await rawClient(server.url);
    client.send(get('/') + get('/').replace('GET', 'HEAD'));
    const [ofGet, ofHead] = await client.answers(2);
    assert.equal(withoutDate(ofHead!), withoutDate(ofGet!));
    client.socket.destroy();
  });

  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'PROPFIND']) {
    test(`answers ${method} with 405 and says what is allowed`, async () => {
      const { status, headers, body } = await ask(server.url, { method });
      assert.equal(status, 405);
      assert.equal(headers.allow, 'GET, HEAD');
      assert.equal(headers.location, undefined);
      assert.equal(body, 'Method Not Allowed\n');
    });
  }

  test('goes on answering on a connection after a POST with a body', async () => {
    const client = await rawClient(server.url);
    const body = 'x'.repeat(300_000);
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}${get('/')}`);
    const answers = await client.answers(2);
    assert.match(answers[0]!, /^HTTP\/1\.1 405 /);
    assert.match(answers[1]!, /^HTTP\/1\.1 301 /);
    client.socket.destroy();
  });

  test('answers pipelined requests, each once and in their order', async () => {
    const client = await rawClient(server.url);
    const requests = Array.from({ length: 300 }, (_, n) =>
      n % 3 === 0 ? get('/').replace('GET', 'PUT') : get('/'),
    );
    client.send(requests.join(''));
    const answers = await client.answers(300);
    assert.deepEqual(
      answers.map((answer) => answer.slice(9, 12)),
      requests.map((_, n) => (n % 3 === 0 ? '405' : '301')),
    );
    client.socket.destroy();
  });

  test('answers a request that comes a byte at a time', async () => {
    const client = await rawClient(server.url);
    client.socket.setNoDelay(true);
    for (const byte of get('/slowly')) {
      client.send(byte);
      await new Promise(setImmediate);
    }
    const [answer] = await client.answers(1);
    assert.match(answer!, /^HTTP\/1\.1 301 /);
    client.socket.destroy();
  });

  test('closes after the answer where the client asks for it, or speaks HTTP/1.0', async () => {
    for (const request of [get('/', 'Connection: close\r\n'), 'GET / HTTP/1.0\r\n\r\n']) {
      const client = await rawClient(server.url);
      client.send(request);
      await client.closed();
      assert.match(client.received(), /^HTTP\/1\.1 301 [\s\S]*Connection: close/);
    }
  });
});

describe('the options of an answer', () => {
  for (const status of [302, 303, 307, 308]) {
    test(`--status ${status} is the status of every redirect`, async () => {
      const server = await startServer({ flags: { target: 'https://example.com/', status } });
      const answer = await ask(`${server.url}/x`);
      assert.equal(answer.status, status);
      assert.equal(answer.headers.location, 'https://example.com/');
      await server.stop();
    });
  }

  test("--cache-control '' sends none, and other text is sent as it is", async () => {
    for (const [given, expected] of [
      ['', undefined],
      ['public, max-age=60', 'public, max-age=60'],
    ] as const) {
      const server = await startServer({ flags: { target: 'https://example.com/', cacheControl: given } });
      assert.equal((await ask(server.url)).headers['cache-control'], expected);
      await server.stop();
    }
  });
});

const RULES = `
rules:
  - path: /docs
    target: https://example.com/documentation?from=docs
  - path: /temporary
    target: http://example.org
    status: 307
    name: the temporary one
  - path: /caf%C3%A9
    target: https://example.com/coffee
  - path: /
    target: https://example.com/home
`;

describe('a server with rules', () => {
  const rules = join(temporaryDirectory('rules'), 'rules.yaml');
  writeFileSync(rules, RULES);
  let server: RunningServer;
  before(async () => {
    server = await startServer({ flags: { rules, status: 302 } });
  });
  after(() => server?.stop());

  const cases: [path: string, status: number, location?: string][] = [
    ['/docs', 302, 'https://example.com/documentation?from=docs'],
    ['/docs?a=/temporary', 302, 'https://example.com/documentation?from=docs'],
    ['/docs?', 302, 'https://example.com/documentation?from=docs'],
    ['/temporary', 307, 'http://example.org'],
    ['/caf%C3%A9', 302, 'https://example.com/coffee'],
    ['/', 302, 'https://example.com/home'],
    ['/?q', 302, 'https://example.com/home'],
    ['/docs/', 404],
    ['/Docs', 404],
    ['//docs', 404],
    ['/docs/../docs', 404],
    ['/caf%c3%a9', 404],
    ['/__proto__', 404],
    ['/nowhere', 404],
  ];
  for (const [path, status, location] of cases) {
    test(`answers ${path} with ${status}${location === undefined ? '' : ` to ${location}`}`, async () => {
      const client = await rawClient(server.url);
      client.send(get(path));
      const [answer] = await client.answers(1);
      assert.equal(answer!.slice(9, 12), String(status));
      assert.equal(/\r\nLocation: ([^\r]*)/.exec(answer!)?.[1], location);
      client.socket.destroy();
    });
  }

  test('finds the rule of a request target in absolute form, which every server must take', async () => {
    const client = await rawClient(server.url);
    client.send(
      get('http://test.example/docs?x') + get('HTTPS://test.example') + get('http://test.example/no'),
    );
    const answers = await client.answers(3);
    assert.match(answers[0]!, /^HTTP\/1\.1 302 [\s\S]*Location: https:\/\/example\.com\/documentation/);
    assert.match(answers[1]!, /^HTTP\/1\.1 302 [\s\S]*Location: https:\/\/example\.com\/home/);
    assert.match(answers[2]!, /^HTTP\/1\.1 404 /);
    client.socket.destroy();
  });

  test('tells nobody to keep a 404, and HEAD of it has no body', async () => {
    const { headers, body } = await ask(`${server.url}/nowhere`);
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(body, 'Not Found\n');
    const head = await ask(`${server.url}/nowhere`, { method: 'HEAD' });
    assert.equal(head.status, 404);
    assert.equal(head.headers['content-length'], '10');
    assert.equal(head.body, '');
  });

  test('sends what no rule matches to the target, where there is one', async () => {
    const both = await startServer({ flags: { rules, target: 'https://example.net/else' } });
    assert.equal((await ask(`${both.url}/nowhere`)).headers.location, 'https://example.net/else');
    assert.equal((await ask(`${both.url}/temporary`)).headers.location, 'http://example.org');
    await both.stop();
  });
});
