import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Networks } from '../../../src/networks.ts';
import { noClickMeaning, Verdicts } from '../../../src/server/redirect/verdict.ts';

const CHROME =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
const verdicts = new Verdicts(new Networks(['198.51.100.0/24']));
const judge = (
  changes: { status?: number; method?: string; headers?: Record<string, string>; address?: string } = {},
) => {
  const { status = 301, method = 'GET', headers = {}, address = '192.0.2.1' } = changes;
  return verdicts.noClick(status, method, { 'user-agent': CHROME, ...headers }, address);
};

describe('an answer', () => {
  it('to a browser is a click', () => {
    assert.equal(judge(), undefined);
    assert.equal(judge({ method: 'POST', status: 307 }), undefined);
  });

  const none: [why: string, changes: Parameters<typeof judge>[0], reason: string][] = [
    ['to HEAD', { method: 'HEAD' }, 'method'],
    ['to a method that is not allowed', { method: 'POST', status: 405 }, 'method'],
    ['that is 404', { status: 404 }, 'not_found'],
    ['that is 410', { status: 410 }, 'not_found'],
    ['that is a text', { status: 200 }, 'no_redirect'],
    ['that refuses', { status: 403 }, 'refused'],
    ['that cannot be', { status: 400 }, 'refused'],
    ['to a prefetch', { headers: { 'sec-purpose': 'prefetch;prerender' } }, 'prefetch'],
    ['to an older prefetch', { headers: { purpose: 'prefetch' } }, 'prefetch'],
    ['to a preview', { headers: { 'x-purpose': 'preview' } }, 'prefetch'],
    ['to a crawler', { headers: { 'user-agent': 'Mozilla/5.0 (compatible; Googlebot/2.1)' } }, 'bot'],
    ['to a program', { headers: { 'user-agent': 'python-requests/2.31.0' } }, 'bot'],
    ['to nobody in particular', { headers: { 'user-agent': '' } }, 'bot'],
    ['to a scanner', { address: '198.51.100.9' }, 'scanner'],
  ];
  for (const [why, changes, reason] of none) {
    it(`${why} is none: ${reason}`, () => assert.equal(judge(changes), reason));
  }

  it('has a reason of the closed set', () => {
    const reasons = new Set(none.map(([, , reason]) => reason));
    assert.deepEqual([...reasons].sort(), Object.keys(noClickMeaning).sort());
  });

  it('to many user agents costs bounded memory and stays right', () => {
    for (let agent = 0; agent < 25_000; agent++) {
      assert.equal(judge({ headers: { 'user-agent': `${CHROME} ${agent}` } }), undefined);
    }
    assert.equal(judge({ headers: { 'user-agent': 'curl/8.5.0' } }), 'bot');
  });
});
