import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { temporaryDirectory } from '../support/guarded.ts';
import { noise, request, wellFormedRequest } from '../support/http-noise.ts';
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

  /** The answers to `text` in one piece, which is read here as far as it is plain, and in two, which node:http reads; without their dates. */
  async function answeredBothWays(text: string): Promise<[one: string, two: string]> {
    const answers = await Promise.all([
      attack({ pieces: [text], ending: 'waits' }),
      attack({ pieces: [text.slice(0, 1), text.slice(1)], ending: 'waits' }),
    ]);
    return answers.map((received) => received.replace(/^Date: .*\r\n/gm, '')) as [string, string];
  }

  const ways = [
    {
      what: 'well-formed requests',
      requests: wellFormedRequest,
      compare: assert.equal,
    },
    {
      what: 'malformed requests',
      requests: request,
      // At one of these node:http gives up answers that it has not written yet; how many depends on the pieces. Its own
      // answer is lost with the connection when more comes after it.
      compare: (...answers: [string, string]): void => {
        const parsersOwn = /HTTP\/1\.1 4\d\d [^\r]+\r\nConnection: close\r\n\r\n$/;
        const [less, more] = answers
          .map((text) => text.replace(parsersOwn, ''))
          .sort((a, b) => a.length - b.length);
        assert.equal(more!.slice(0, less!.length), less);
      },
    },
  ];
  for (const { what, requests, compare } of ways) {
    test(`${what} are answered alike in one piece and in two`, async (t) => {
      const seed = Number(process.env.BAD_HTTP_SEED ?? Date.now() & 0x7fffffff);
      t.diagnostic(`seed ${seed} (BAD_HTTP_SEED)`);
      const text = fc.array(requests, { minLength: 1, maxLength: 3 }).map((texts) => texts.join(''));
      await fc.assert(
        fc.asyncProperty(fc.array(text, { minLength: 20, maxLength: 20 }), async (texts) => {
          for (const [one, two] of await Promise.all(texts.map(answeredBothWays))) compare(one, two);
        }),
        { numRuns: 6, seed, endOnFailure: true },
      );
    });
  }
});
