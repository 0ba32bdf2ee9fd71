import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { temporaryDirectory } from '../support/guarded.ts';
import { get, rawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { waitFor } from '../support/wait-for.ts';

const RULES = {
  rules: [
    { prefix: '/', target: 'https://safe.example/{rest}?q={query.q}', query: 'all' },
    { pattern: '/p/:id/*more', target: 'https://safe.example/{more}?id={id}#{query.q}' },
    { path: '/r', dynamic: { hosts: ['safe.example'], schemes: 'https' } },
    { prefix: '/post', when: { method: 'POST' }, status: 307, target: 'https://safe.example/post/{rest}' },
  ],
};

const GOOD = get('/good', 'Connection: close\r\n');

/** What a client may do with a connection. */
interface Attempt {
  /** Sent one after the other; each is a segment of its own as far as the system lets it. */
  readonly pieces: readonly string[];
  /** How it ends: waits for an answer or the end, half-closes, or resets in the middle. */
  readonly ending: 'waits' | 'ends' | 'resets';
}

/** Most of what is made is nearly right: what is wholly wrong ends in the first line of the parser. */
const mostly = <T>(right: fc.Arbitrary<T>, ...wrong: fc.Arbitrary<T>[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 12 * wrong.length, arbitrary: right }, ...wrong);

const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
const noise = fc.string({ unit: byte, maxLength: 40 });
const mix = (...texts: string[]) =>
  fc.array(mostly(fc.constantFrom(...texts), noise), { maxLength: 5 }).map((parts) => parts.join(''));

const method = mostly(
  fc.constantFrom(
    'GET',
    'GET',
    'GET',
    'GET',
    'GET',
    'GET',
    'HEAD',
    'POST',
    'OPTIONS',
    'CONNECT',
    'TRACE',
    'PRI',
  ),
  fc.constantFrom('get', 'G\x00T', '', ' GET', 'GE T', 'PROPFIND', 'M-SEARCH'),
  noise,
);
const piece = mix(
  ...[
    '/',
    '/',
    'p/',
    'r?u=',
    '?q=',
    '&',
    '#',
    '%',
    '%zz',
    '%00',
    '%0d%0a',
    '..',
    '\\',
    '@',
    ':',
    'evil.example',
    '%2f',
  ],
);
const oddTarget = fc.constantFrom(
  ...[
    '*',
    'evil.example:443',
    ':80',
    'http:',
    'http://',
    'http:///x',
    'http://a@b:c/',
    '/r?u=https%3A%2F%2Fevil.example',
  ],
);
const requestTarget = fc.oneof(
  { weight: 5, arbitrary: piece.map((text) => `/${text}`) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('http://', 'HTTPS://', 'ftp://'), piece)
      .map(([scheme, text]) => `${scheme}evil.example${text}`),
  },
  piece,
  oddTarget,
  fc.nat(20_000).map((length) => `/${'a'.repeat(length)}`),
);
const version = mostly(
  fc.constant('HTTP/1.1'),
  fc.constantFrom('HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'http/1.1', 'HTTP/1.1 ', 'HTTP/1.', ''),
);
const header = fc.oneof(
  fc.constantFrom(
    'Host: test.example',
    'Host:',
    'Host: a\r\nHost: b',
    'Content-Length: 5',
    'Content-Length: -1',
    'Content-Length: 99999999999999999999',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: gzip',
    'Transfer-Encoding: chunked, chunked',
    'Expect: 100-continue',
    'Expect: the impossible',
    'Upgrade: websocket\r\nConnection: Upgrade',
    'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings',
    'Connection: close',
    ' folded',
    ': no name',
    'X\x00: y',
    'X: a\rb',
  ),
  noise.map((text) => `X: ${text}`),
  fc.nat(20_000).map((length) => `X: ${'x'.repeat(length)}`),
);
const headers = fc.oneof(
  { weight: 2, arbitrary: fc.constant<string[]>([]) },
  fc.array(header, { minLength: 1, maxLength: 4 }),
);
const body = fc.oneof(
  fc.constant(''),
  fc.constantFrom(
    '0\r\n\r\n',
    '5\r\nhello\r\n0\r\n\r\n',
    'zz\r\n',
    'ffffffffffffffff\r\n',
    '5;x=y\r\nhel',
    '-1\r\n\r\n',
    'hello',
  ),
  fc.constant(get('/smuggled')),
  noise,
);
const request = fc
  .tuple(method, requestTarget, version, headers, body)
  .map(([verb, target, http, fields, rest]) =>
    [`${verb} ${target} ${http}`, 'Host: test.example', ...fields, '', rest].join('\r\n'),
  );
const attempt: fc.Arbitrary<Attempt> = fc.record({
  pieces: fc
    .tuple(
      fc.array(fc.oneof({ weight: 5, arbitrary: request }, noise), { minLength: 1, maxLength: 3 }),
      fc.nat(3),
    )
    .map(([requests, cuts]) => cutUp(requests.join(''), cuts)),
  ending: fc.constantFrom('waits', 'ends', 'resets'),
});

/** The same text in `cuts + 1` pieces of about the same length. */
function cutUp(text: string, cuts: number): string[] {
  const length = Math.ceil(text.length / (cuts + 1)) || 1;
  return Array.from({ length: cuts + 1 }, (_, at) => text.slice(at * length, (at + 1) * length));
}

const openFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

describe('whatever comes over a connection', () => {
  let server: RunningServer;
  before(async () => {
    const rules = join(temporaryDirectory('bad-http'), 'rules.json');
    writeFileSync(rules, JSON.stringify(RULES));
    server = await startServer({ flags: { rules, 'timeout.read': '500ms', 'timeout.idle': '200ms' } });
  });
  after(() => server?.stop());

  async function answerToGood(): Promise<string> {
    const client = await rawClient(server.url);
    client.send(GOOD);
    await client.closed();
    return client.received();
  }

  async function attack({ pieces, ending }: Attempt): Promise<string> {
    const client = await rawClient(server.url);
    client.socket.setNoDelay(true);
    for (const piece of pieces) {
      client.send(piece);
      await new Promise(setImmediate);
    }
    if (ending === 'resets') client.socket.resetAndDestroy();
    else {
      if (ending === 'ends') client.socket.end();
      await client.closed();
      client.socket.destroy();
    }
    return client.received();
  }

  test('it leads nowhere but to the hosts of the rules, and the next request is answered', async (t) => {
    await answerToGood();
    const before = openFiles(server.pid);
    const seed = Number(process.env.BAD_HTTP_SEED ?? Date.now() & 0x7fffffff);
    t.diagnostic(`seed ${seed} (BAD_HTTP_SEED)`);
    let redirects = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(attempt, { minLength: 1, maxLength: 8 }), async (attempts) => {
        for (const received of await Promise.all(attempts.map(attack))) {
          for (const [, location] of received.matchAll(/^Location: (.*)\r$/gim)) {
            redirects++;
            assert.match(location!, /^https:\/\/safe\.example(?:[/?#][\x21-\x7e]*)?$/);
          }
          assert.doesNotMatch(received, /^HTTP\/1\.1 5\d\d /m);
        }
        assert.match(
          await answerToGood(),
          /^HTTP\/1\.1 301 .*\r\nLocation: https:\/\/safe\.example\/good\?q=\r\n/,
        );
      }),
      { numRuns: 60, seed, endOnFailure: true },
    );
    assert.ok(redirects >= 10, `only ${redirects} redirects: nearly all was refused by the parser`);
    await waitFor('no more open files than before', () => openFiles(server.pid), {
      until: (now) => now <= before,
    });
    const { listeners, ledger } = await server.stats();
    assert.deepEqual(
      listeners.map(({ state, restarts }) => [state, restarts]),
      [['running', 0]],
    );
    assert.equal(ledger.unaccounted, 0);
  });
});
