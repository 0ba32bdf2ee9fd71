import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Networks } from '../../../src/networks.ts';
import { clientAddress } from '../../../src/server/redirect/client-address.ts';

const trusted = new Networks(['10.0.0.0/8', '2001:db8::/32']);

describe('the client', () => {
  const cases: [why: string, peer: string, forwardedFor: string | undefined, client: string][] = [
    [
      'is the peer that is no proxy of ours, whatever it writes',
      '192.0.2.1:5',
      '198.51.100.1',
      '192.0.2.1:5',
    ],
    ['is the peer where a proxy writes nothing', '10.0.0.1:5', undefined, '10.0.0.1:5'],
    ['is what the proxy says', '10.0.0.1:5', '198.51.100.1', '198.51.100.1'],
    ['has its port where the proxy tells it', '10.0.0.1:5', '198.51.100.1:77', '198.51.100.1:77'],
    [
      'is not what it writes itself: what proxies add stands to the right',
      '10.0.0.1:5',
      '203.0.113.9, 198.51.100.1',
      '198.51.100.1',
    ],
    ['is found behind several proxies', '10.0.0.1:5', '203.0.113.9, 198.51.100.1,10.0.0.2', '198.51.100.1'],
    ['is the first proxy where all of them are trusted', '10.0.0.1:5', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['is as far left as can be read', '10.0.0.1:5', '198.51.100.1, rubbish, 10.0.0.2', '10.0.0.2'],
    ['is the peer where nothing can be read', '10.0.0.1:5', 'unknown', '10.0.0.1:5'],
    ['may have IPv6', '[2001:db8::1]:5', '2001:db9::7', '[2001:db9::7]'],
    ['may have IPv6 in brackets with a port', '10.0.0.1:5', '[2001:db9::7]:99', '[2001:db9::7]:99'],
    ['may have an IPv4-mapped address', '10.0.0.1:5', '::ffff:198.51.100.1', '198.51.100.1'],
    ['is unknown where the peer is', '', '198.51.100.1', ''],
  ];
  for (const [why, peer, value, client] of cases) {
    it(`${why} (X-Forwarded-For: ${value})`, () => {
      const headers = value === undefined ? {} : { 'x-forwarded-for': value };
      assert.equal(clientAddress(peer, headers, trusted, 'x-forwarded-for'), client);
    });
  }

  const forwarded: [value: string, client: string][] = [
    ['for=198.51.100.1', '198.51.100.1'],
    ['for=203.0.113.9, for=198.51.100.1;proto=https;by=10.0.0.1', '198.51.100.1'],
    ['proto=http;For="198.51.100.1:47011"', '198.51.100.1:47011'],
    ['for="[2001:db9::7]:4711"', '[2001:db9::7]:4711'],
    ['for="a,b;for=203.0.113.9", for=198.51.100.1', '198.51.100.1'],
    ['for=198.51.100.1, for=_hidden', '10.0.0.1:5'],
    ['by=10.0.0.1', '10.0.0.1:5'],
  ];
  for (const [value, client] of forwarded) {
    it(`is read from Forwarded: ${value}`, () => {
      assert.equal(clientAddress('10.0.0.1:5', { forwarded: value }, trusted, 'forwarded'), client);
    });
  }

  it('is not read from the other header, which a client may have written', () => {
    const headers = { forwarded: 'for=203.0.113.9', 'x-forwarded-for': '198.51.100.1' };
    assert.equal(clientAddress('10.0.0.1:5', headers, trusted, 'x-forwarded-for'), '198.51.100.1');
    assert.equal(clientAddress('10.0.0.1:5', headers, trusted, 'forwarded'), '203.0.113.9');
  });
});
