import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AddressMask, asksForPrivacy, Redaction } from '../../../src/server/redirect/privacy.ts';

describe('an address is recorded', () => {
  const truncated: [address: string, recorded: string][] = [
    ['192.0.2.77:40000', '192.0.2.0'],
    ['192.0.2.77', '192.0.2.0'],
    ['[2001:db8:aaaa:bbbb::1]:40000', '[2001:db8:aaaa::]'],
    ['[2001:db8:1::5:6]', '[2001:db8:1::]'],
    ['[::1]:80', '[0:0:0::]'],
    ['[1:2:3:4:5:6:7:8]:80', '[1:2:3::]'],
    ['', ''],
  ];
  for (const [address, recorded] of truncated) {
    it(`truncated to its network: ${address || 'none'}`, () => {
      assert.equal(new AddressMask('truncate').apply(address, 0), recorded);
    });
  }
  it('in full, or not at all', () => {
    assert.equal(new AddressMask('full').apply('192.0.2.77:40000', 0), '192.0.2.77:40000');
    assert.equal(new AddressMask('drop').apply('192.0.2.77:40000', 0), '');
  });

  const secret = new Uint8Array(32).fill(7);
  const day = 24 * 3600_000;
  it('hashed: alike for one client within a day, from whatever port and in whatever thread', () => {
    const [one, other] = [new AddressMask('hash', secret), new AddressMask('hash', secret)];
    const hash = one.apply('192.0.2.77:40000', day);
    assert.match(hash, /^[0-9a-f]{16}$/);
    assert.equal(other.apply('192.0.2.77:40001', 2 * day - 1), hash);
    assert.equal(one.apply('192.0.2.77', day), hash);
    assert.notEqual(one.apply('192.0.2.78:40000', day), hash);
  });
  it('hashed: otherwise on another day, and with another secret', () => {
    const mask = new AddressMask('hash', secret);
    const hash = mask.apply('192.0.2.77:1', day);
    assert.notEqual(mask.apply('192.0.2.77:1', 2 * day), hash);
    assert.notEqual(new AddressMask('hash').apply('192.0.2.77:1', day), hash);
  });
});

it('who sends DNT: 1 or Sec-GPC: 1 asks for privacy, and nobody else', () => {
  assert.equal(asksForPrivacy({ dnt: '1' }), true);
  assert.equal(asksForPrivacy({ 'sec-gpc': '1' }), true);
  assert.equal(asksForPrivacy({ dnt: '0' }), false);
  assert.equal(asksForPrivacy({}), false);
});

describe('the value of a query parameter is left out of the record', () => {
  const redaction = new Redaction(['email', 'a b']);
  const cases: [target: string, recorded: string][] = [
    ['/?email=a@b.c&x=1', '/?email=REDACTED&x=1'],
    ['/?x=1&email=&email=2#f', '/?x=1&email=REDACTED&email=REDACTED'],
    ['/?%65mail=a', '/?%65mail=REDACTED'],
    ['/?a%20b=1', '/?a%20b=REDACTED'],
    ['/?%zz=1&email', '/?%zz=1&email'],
    ['/email=1', '/email=1'],
    ['/?', '/?'],
    ['/?u=https%3A%2F%2Fh%2F%3Femail%3Da%26x=1&y=https://h/?x', '/?u=REDACTED&y=https://h/?x'],
    ['/?u=https://h/?x=1?email=2', '/?u=REDACTED'],
    ['http://h/?email=1?x', 'http://h/?email=REDACTED'],
  ];
  for (const [target, recorded] of cases) {
    it(target, () => assert.equal(redaction.url(target), recorded));
  }
});
