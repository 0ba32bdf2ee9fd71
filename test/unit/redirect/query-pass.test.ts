import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { passQuery, type QueryPass } from '../../../src/server/redirect/query-pass.ts';

describe('the query of a request added to a target', () => {
  const cases: [target: string, query: string, pass: QueryPass, location: string][] = [
    ['https://e/', 'a=1', 'all', 'https://e/?a=1'],
    ['https://e', 'a=1', 'all', 'https://e?a=1'],
    ['https://e/?x=1', 'a=1', 'all', 'https://e/?x=1&a=1'],
    ['https://e/?', 'a=1', 'all', 'https://e/?a=1'],
    ['https://e/?x&', 'a=1', 'all', 'https://e/?x&a=1'],
    ['https://e/#f?g', 'a=1', 'all', 'https://e/?a=1#f?g'],
    ['https://e/?x=1#f', 'x=2&a&x', 'all', 'https://e/?x=1&a#f'],
    ['https://e/?x', 'x=2', 'all', 'https://e/?x'],
    ['https://e/', 'b=2&a=1&b=', 'all', 'https://e/?b=2&a=1&b='],
    ['https://e/', 'b=2&a=1&c', ['a', 'c'], 'https://e/?a=1&c'],
    ['https://e/', 'b=2', ['a'], 'https://e/'],
    ['https://e/', '', 'all', 'https://e/'],
    ['https://e/', 'a=#\r\n\xff', 'all', 'https://e/?a=%23%0D%0A%FF'],
  ];
  for (const [target, query, pass, location] of cases) {
    it(`${target} with ${JSON.stringify(query)} (${pass}) is ${location}`, () => {
      assert.equal(passQuery(target, query, pass), location);
    });
  }

  it('never changes the host, nor what the target has itself', () => {
    fc.assert(
      fc.property(fc.string(), (query) => {
        const location = passQuery('https://safe.example?own=1#end', query, 'all');
        const url = new URL(location);
        assert.equal(url.origin, 'https://safe.example');
        assert.equal(url.searchParams.get('own'), '1');
        assert.equal(url.hash, '#end');
      }),
      { numRuns: 1000 },
    );
  });
});
