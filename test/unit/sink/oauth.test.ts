import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { oauthBearer } from '../../../src/server/sink/oauth-bearer.ts';
import { clientCredentials, moduleTokens } from '../../../src/server/sink/oauth-sources.ts';
import { TokenCache, type TokenSource } from '../../../src/server/sink/oauth-token.ts';
import { startTokenServer, type TokenServer } from '../../support/token-server.ts';
import { waitFor } from '../../support/wait-for.ts';

const cacheOf = (source: TokenSource, timeoutMs = 10_000): TokenCache => new TokenCache(source, timeoutMs);
const unavailable = (reason: RegExp) => (error: Error & { code?: string }) => {
  assert.equal(error.code, 'TOKEN_UNAVAILABLE');
  assert.match(error.message, reason);
  return true;
};

/** A source that numbers its tokens, and the number of those. */
function counting(more: object = {}): { source: TokenSource; given: () => number } {
  let count = 0;
  return { source: async () => ({ value: `token-${++count}`, ...more }), given: () => count };
}

describe('a token', () => {
  it('is fetched once for all who ask, and kept', async () => {
    const { source, given } = counting({ expiresAt: Date.now() + 60_000 });
    const cache = cacheOf(source);
    const all = await Promise.all([cache.get(), cache.get(), cache.get()]);
    assert.deepEqual(
      [...all, await cache.get()].map(({ value }) => value),
      Array(4).fill('token-1'),
    );
    assert.equal(given(), 1);
  });

  it('is replaced before its end, by a Date, by milliseconds, or by what a JWT says of itself', async () => {
    const jwt = (): string => {
      const exp = Math.ceil(Date.now() / 1000) + 1;
      return `e30.${Buffer.from(JSON.stringify({ exp })).toString('base64url')}.x`;
    };
    for (const make of [
      () => ({ value: 'a', expiresAt: new Date(Date.now() + 400) }),
      () => ({ value: 'a', expiresAt: Date.now() + 400 }),
      () => ({ value: jwt() }),
    ]) {
      let given = 0;
      const cache = cacheOf(async () => {
        given++;
        return make();
      });
      await waitFor('another', async () => {
        await cache.get();
        return given > 1;
      });
    }
  });

  it('that a broker refused is replaced, but not with every attempt', async () => {
    const { source, given } = counting({ expiresAt: Date.now() + 3_600_000 });
    const cache = cacheOf(source);
    for (let attempt = 0; attempt < 20; attempt++) {
      await cache.get();
      cache.refused();
    }
    assert.equal(given(), 1);
    await waitFor('another', async () => (await cache.get()).value === 'token-2');
  });

  it('serves to its end while there is no other', async () => {
    let calls = 0;
    const cache = cacheOf(async () => {
      if (++calls > 1) throw new Error('away');
      return { value: 'first', expiresAt: Date.now() + 1000 };
    });
    await cache.get();
    await waitFor(
      'a fetch to fail',
      async () => {
        assert.equal((await cache.get()).value, 'first');
        return calls > 1;
      },
      { intervalMs: 5 },
    );
    await waitFor('the end', () =>
      cache.get().then(() => false, unavailable(/^There is no token for Kafka: away\.$/)),
    );
  });

  it('that does not come is not asked for again before the back-off is over', async () => {
    let calls = 0;
    const cache = cacheOf(async () => {
      calls++;
      throw new Error('away');
    });
    for (let attempt = 0; attempt < 10; attempt++)
      await assert.rejects(cache.get(), unavailable(/: away\.$/));
    assert.ok(calls < 10, `${calls} calls`);
  });

  it('that takes too long is given up, and its source told', async () => {
    let told: AbortSignal | undefined;
    const cache = cacheOf((signal) => {
      told = signal;
      return new Promise(() => {});
    }, 20);
    await assert.rejects(cache.get(), unavailable(/: none came within 20 ms\.$/));
    assert.equal(told?.aborted, true);
  });

  for (const [what, given, reason] of [
    ['no object', 'abc', /has no "value" of printable characters/],
    ['nothing', undefined, /has no "value" of printable characters/],
    ['a value with a control character', { value: 'Secret\x01' }, /has no "value" of printable characters/],
    ['an end that is no time', { value: 'Secret', expiresAt: '1h' }, /"expiresAt" is neither a Date nor/],
    ['one that has expired', { value: 'Secret', expiresAt: 1 }, /has expired already/],
    ['an extension named auth', { value: 'Secret', extensions: { auth: 'a' } }, /"extensions" are not/],
    ['an extension with a line break', { value: 'Secret', extensions: { a: 'b\n' } }, /"extensions" are not/],
  ] as const) {
    it(`is none where the source gives ${what}, and the error does not tell it`, async () => {
      await assert.rejects(cacheOf(async () => given).get(), (error: Error) => {
        assert.ok(!error.message.includes('Secret'));
        return unavailable(reason)(error);
      });
    });
  }
});

describe('the token endpoint', () => {
  const clientSecret = 'Right-Horse-7531';
  let server: TokenServer;
  before(async () => {
    server = await startTokenServer();
  });
  after(() => server.close());
  const get = (tokenEndpoint: string, scope?: string) =>
    cacheOf(clientCredentials({ tokenEndpoint, clientId: 'c', clientSecret, scope })).get();

  it('is asked without a scope where none is given', async () => {
    const { value, expiresAt } = await get(server.tokenEndpoint);
    assert.equal(value.split('.').length, 3);
    assert.ok(expiresAt! > Date.now());
    assert.equal(server.asked.at(-1)!.body, 'grant_type=client_credentials');
  });

  it('that fails, refuses, is not there or is another page is named, without the secret and the query', async () => {
    const at = (url: string, reason: RegExp) =>
      assert.rejects(get(url), (error: Error) => {
        assert.ok(!error.message.includes(clientSecret) && !error.message.includes('hidden'));
        return unavailable(reason)(error);
      });
    await at(
      'http://127.0.0.1:1/token?key=hidden',
      /endpoint http:\/\/127\.0\.0\.1:1\/token does not answer: /,
    );
    await at(server.keys, /the token endpoint http:\S+\/keys answers without an access_token\.$/);
    server.mode = 'fails';
    await at(server.tokenEndpoint, /refuses: HTTP 503\.$/);
    server.mode = 'refuses';
    await at(server.tokenEndpoint, /refuses: HTTP 401 \(invalid_client\)\.$/);
  });
});

describe('a module that gives tokens', () => {
  const folder = mkdtempSync(join(tmpdir(), 'redirector-provider-'));
  after(() => rmSync(folder, { recursive: true }));
  const module = (name: string, source: string): string => {
    const path = join(folder, name);
    writeFileSync(path, source);
    return path;
  };

  it('is called with a signal, and may be a file or a package', async () => {
    const path = module(
      'right.mjs',
      'export default async ({ signal }) => ({ value: String(signal.aborted) });',
    );
    assert.equal((await cacheOf(moduleTokens(path)).get()).value, 'false');
    assert.throws(() => moduleTokens('kafkajs/no-such-file'));
    assert.throws(() => moduleTokens(`${path}.none`));
    await assert.rejects(
      cacheOf(moduleTokens('yaml')).get(),
      unavailable(/has no "value"|is not a function/),
    );
  });

  it('that throws, or has no function, is named', async () => {
    const throws = module('throws.mjs', 'export default () => { throw new Error("no role"); };');
    await assert.rejects(cacheOf(moduleTokens(throws)).get(), unavailable(/: no role\.$/));
    const none = module('none.mjs', 'export const token = 1;');
    const named = /the default export of "\S+none\.mjs" \(sasl\.oauth\.provider\) is not a function\.$/;
    await assert.rejects(cacheOf(moduleTokens(none)).get(), unavailable(named));
    const broken = module('broken.mjs', 'export default (');
    await assert.rejects(cacheOf(moduleTokens(broken)).get(), unavailable(/Unexpected/));
  });

  it('is found from the working directory', () => {
    assert.ok(pathToFileURL(module('here.mjs', '')).href.startsWith('file:'));
    const cwd = process.cwd();
    process.chdir(folder);
    try {
      moduleTokens('./here.mjs');
    } finally {
      process.chdir(cwd);
    }
  });
});

describe('SASL OAUTHBEARER', () => {
  /** Runs one exchange with a broker that answers so, in turn, and gives the messages that it got. */
  async function exchange(token: object, answers: string[]): Promise<string[]> {
    const { authenticationProvider } = oauthBearer(cacheOf(async () => token));
    const got: string[] = [];
    await authenticationProvider({
      host: 'h',
      port: 1,
      logger: undefined as never,
      async saslAuthenticate({ request, response }) {
        const bytes = await request.encode();
        assert.equal(bytes.readInt32BE(0), bytes.length - 4);
        got.push(bytes.subarray(4).toString());
        const answer = Buffer.from(`size${answers[got.length - 1]}`);
        return response?.parse(await response.decode(answer));
      },
    }).authenticate();
    return got;
  }

  it('sends the token and the extensions as RFC 7628 has them', async () => {
    assert.deepEqual(await exchange({ value: 'abc' }, ['']), ['n,,\x01auth=Bearer abc\x01\x01']);
    const token = { value: 'abc', extensions: { logicalCluster: 'lkc-1', identityPoolId: 'pool-1' } };
    const [sent] = await exchange(token, ['']);
    assert.equal(sent, 'n,,\x01auth=Bearer abc\x01logicalCluster=lkc-1\x01identityPoolId=pool-1\x01\x01');
  });

  it('takes a challenge for the refusal that it is', async () => {
    const refusal = '{"status":"invalid_token"}';
    await assert.rejects(exchange({ value: 'abc' }, [refusal, '']), /the token was refused: \{"status"/);
  });
});
