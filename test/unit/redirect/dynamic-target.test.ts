import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type DynamicSpec,
  dynamicTarget,
  type SigningKeys,
  signTarget,
} from '../../../src/server/redirect/dynamic-target.ts';
import { readSigningKeys } from '../../../src/server/redirect/signing-keys.ts';
import { temporaryDirectory } from '../../support/guarded.ts';

const listed: DynamicSpec = {
  parameter: 'u',
  schemes: ['http', 'https'],
  hosts: ['example.com', '*.example.org', 'example.net:8443', 'xn--mnchen-3ya.example', '[::1]:8080'],
  isSigned: false,
};
const NO_KEYS: SigningKeys = new Map();
const NOW = Date.UTC(2026, 10, 25);

const ask = (target: string, spec: DynamicSpec = listed) =>
  dynamicTarget(spec, NO_KEYS, `x=1&u=${encodeURIComponent(target)}`, NOW);

describe('a target of the allow-list', () => {
  for (const target of [
    'https://example.com/',
    'http://example.com/a%20b+c;d?e=&f=%2F#g',
    'https://EXAMPLE.com/%41?u=https://evil.example/',
    'https://example.com:443/',
    'https://a.b.example.org/x',
    'https://example.net:8443/',
    'https://xn--mnchen-3ya.example/',
    'http://[::1]:8080/',
    'https://example.com',
    'https://example.com?x',
  ]) {
    it(`is given byte for byte: ${target}`, () => {
      assert.deepEqual(ask(target), { kind: 'target', target });
    });
  }
});

describe('refused is', () => {
  const cases: [target: string, status: 400 | 403][] = [
    ['https://evil.example/', 403],
    ['https://example.org/', 403],
    ['https://badexample.org/', 403],
    ['https://example.com.evil.example/', 403],
    ['https://example.com:8443/', 403],
    ['https://example.net/', 403],
    ['http://example.com:443/', 403],
    ['ftp://example.com/', 400],
    ['javascript:alert(1)', 400],
    ['//example.com/', 400],
    ['/path', 400],
    ['https:example.com/', 400],
    ['https:/example.com/', 400],
    ['https:\\\\example.com/', 400],
    ['https://example.com\\@evil.example/', 400],
    ['https://example.com\\.evil.example/', 400],
    ['https://user@example.com/', 400],
    ['https://example.com@evil.example/', 400],
    ['https://example.com:80@evil.example/', 400],
    ['https://example.com/\r\nSet-Cookie: a=b', 400],
    ['https://example.com/ x', 400],
    ['https://münchen.example/', 400],
    ['https://example。com/', 400],
    ['https://0x7f000001/', 400],
    ['https://2130706433/', 400],
    ['https://%65xample.com/', 400],
    ['https://example.com./', 403],
    ['https://.example.org/', 400],
    ['https://a..example.org/', 400],
    ['', 400],
  ];
  for (const [target, status] of cases) {
    it(`${JSON.stringify(target)} with ${status}`, () => {
      const found = ask(target);
      assert.equal(found.kind === 'refused' ? found.status : found.target, status);
    });
  }
  it('a scheme that is not allowed', () => {
    const found = ask('http://example.com/', { ...listed, schemes: ['https'] });
    assert.deepEqual(found, { kind: 'refused', status: 403, reason: 'scheme http' });
  });
  it('a request without the parameter, with two of it, or with one that cannot be decoded', () => {
    for (const query of ['', 'v=https%3A%2F%2Fexample.com%2F', 'u=a&u=b', 'u=%', 'u=%ff', 'u']) {
      const found = dynamicTarget(listed, NO_KEYS, query, NOW);
      assert.equal(found.kind === 'refused' && found.status, 400, query);
    }
  });
});

describe('a signed target', () => {
  const keys = new Map([
    ['old', new Uint8Array(32).fill(1)],
    ['new', new Uint8Array(32).fill(2)],
  ]);
  const spec = { ...listed, isSigned: true };
  const target = 'https://partner.example/a%2Fb?x=1&y=%20#z';
  const expires = NOW / 1000 + 60;
  const sign = (id: string, until: number | undefined = expires): string =>
    signTarget(target, { id, key: keys.get(id)! }, until, 'u');
  const reasonOf = (query: string, now = NOW): string => {
    const found = dynamicTarget(spec, keys, query, now);
    return found.kind === 'refused' ? `${found.status} ${found.reason}` : found.target;
  };

  it('may lead anywhere, with whichever key there is, until it expires', () => {
    for (const id of keys.keys()) assert.equal(reasonOf(sign(id)), target);
    assert.equal(reasonOf(sign('old'), expires * 1000 - 1), target);
    assert.equal(reasonOf(sign('old'), expires * 1000), '403 expired');
    assert.equal(
      reasonOf(signTarget(target, { id: 'old', key: keys.get('old')! }, undefined, 'u'), NOW * 2),
      target,
    );
  });
  it('is signed with HMAC-SHA256 over the target, a line feed and the time of expiry', () => {
    const right = createHmac('sha256', keys.get('old')!).update(`${target}\n${expires}`).digest('base64url');
    assert.equal(new URLSearchParams(sign('old')).get('s'), right);
  });
  it('is refused where anything of it was changed', () => {
    const query = sign('old');
    assert.equal(reasonOf(query.replace('partner', 'evil')), '403 wrong signature');
    assert.equal(reasonOf(query.replace(`e=${expires}`, `e=${expires + 1}`)), '403 wrong signature');
    assert.equal(reasonOf(query.replace(`&e=${expires}`, '')), '403 wrong signature');
    assert.equal(reasonOf(query.replace('k=old', 'k=new')), '403 wrong signature');
    assert.equal(reasonOf(query.replace('k=old', 'k=none')), '403 signed with an unknown key');
    assert.equal(reasonOf(query.replace(/&s=.*/, '')), '403 not signed');
    assert.equal(reasonOf(query.replace(/&s=.*/, '&s=')), '403 wrong signature');
  });
  it('cannot be what is not signed at all: user info, other schemes', () => {
    for (const bad of ['https://a@b.example/', 'javascript:alert(1)', 'ftp://b.example/']) {
      const query = signTarget(bad, { id: 'old', key: keys.get('old')! }, undefined, 'u');
      assert.match(reasonOf(query), /^400 /);
    }
  });
  it('is not taken where the rule asks for no signature', () => {
    const found = dynamicTarget(listed, keys, sign('old'), NOW);
    assert.deepEqual(found, { kind: 'refused', status: 403, reason: 'host partner.example' });
  });
});

it('whatever a request says, what it gets leads to a host of the list, as a browser reads it', () => {
  const piece = fc.constantFrom(
    ...['https:', 'http:', '//', '/', '\\', '@', ':', '#', '?', '.', '%2e', '\t', '\n', '\0', 'evil.example'],
    ...['example.com', 'example.org', 'a', '8443', '[::1]', '。', 'xn--a', '%00', ' ', '%'],
  );
  const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
  const start = fc.constantFrom('', 'https://example.com', 'https://a.example.org', 'https://');
  fc.assert(
    fc.property(start, text, (head, tail) => {
      const found = ask(head + tail);
      if (found.kind === 'refused') return;
      const url = new URL(found.target);
      assert.match(url.protocol, /^https?:$/);
      assert.match(url.host, /^(example\.com|[a-z0-9.-]+\.example\.org|example\.net:8443|\[::1\]:8080)$/);
      assert.equal(url.username + url.password, '');
      assert.match(found.target, /^[\x21-\x7e]+$/);
    }),
    { numRuns: 3000 },
  );
});

describe('a file of keys', () => {
  const folder = temporaryDirectory('keys');
  const read = (text: string): SigningKeys => {
    const path = join(folder, 'keys.yaml');
    writeFileSync(path, text);
    return readSigningKeys(path);
  };
  const key = Buffer.alloc(32, 7).toString('base64url');

  it('has ids and keys, in YAML or JSON', () => {
    assert.deepEqual([...read(`2026-11: ${key}\nnext: ${key}\n`).keys()], ['2026-11', 'next']);
    assert.deepEqual(read(`{"a": "${key}"}`).get('a'), new Uint8Array(32).fill(7));
  });
  const bad: [why: string, text: string, reason: RegExp][] = [
    ['is empty', '', /not a map of ids to keys/],
    ['has no key', '{}', /it has no key/],
    ['is a list', `- ${key}`, /not a map/],
    ['has a short key', 'a: c2hvcnQ', /the key "a" is not base64url of at least 16 bytes/],
    ['has a key of other characters', 'a: "hunter2 hunter2 hunter2 hunter2"', /the key "a" is not base64url/],
    ['has an id with a space', `"a b": ${key}`, /"a b" cannot be an id/],
    ['is no YAML', `a: "${key}`, /cannot be used/],
  ];
  for (const [why, text, reason] of bad) {
    it(`that ${why} is refused, and no key is shown`, () => {
      assert.throws(
        () => read(text),
        (error: Error) => {
          assert.match(error.message, reason);
          assert.doesNotMatch(error.message, /hunter2|c2hvcnQ|BwcHBw/);
          return true;
        },
      );
    });
  }
  it('that is not there is refused', () => {
    assert.throws(() => readSigningKeys(join(folder, 'none')), /no such file/);
  });
});
