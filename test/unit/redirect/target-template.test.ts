import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  asSent,
  fillTemplate,
  parseTemplate,
  queryValue,
} from '../../../src/server/redirect/target-template.ts';

const values = {
  path: '/a/b',
  query: 'q=1&e=&n',
  captures: new Map([['id', '7']]),
  clickId: () => 'CLICK',
};
function fill(target: string, captures = ['id']): string {
  const template = parseTemplate(target, captures);
  if (typeof template === 'string') throw new Error(template);
  return fillTemplate(template, values);
}

describe('a target', () => {
  const filled: [target: string, location: string][] = [
    ['https://example.com/', 'https://example.com/'],
    ['https://example.com/{id}/{id}', 'https://example.com/7/7'],
    ['https://example.com/x{path}#{click_id}', 'https://example.com/x/a/b#CLICK'],
    ['https://example.com?q={query.q}&e={query.e}&x={query.x}', 'https://example.com?q=1&e=&x='],
    ['https://example.com/}{id}{', 'https://example.com/}7{'],
    ['https://[::1]:80/{id}', 'https://[::1]:80/7'],
  ];
  for (const [target, location] of filled) {
    it(`${target} gives ${location}`, () => assert.equal(fill(target), location));
  }

  const PLACE = /only what follows https:\/\/host\/ may be filled in/;
  const refused: [target: string, reason: RegExp][] = [
    ['https://{id}.example.com/', PLACE],
    ['https://example.com{path}', PLACE],
    ['https://example.com:8{id}/', /is not an absolute/],
    ['https://user{id}@example.com/', PLACE],
    ['https://example.com\\{id}/', PLACE],
    ['https://\\/{id}', PLACE],
    ['https://example.com/{nothing}', /placeholder \{nothing\}, which is none of \{id\}, \{path\}/],
    ['https://example.com/{query.}', /placeholder \{query\.\}/],
    ['https://example.com/{}', /placeholder \{\}/],
    ['{id}', /is not an absolute/],
    ['//example.com/', /is not an absolute/],
    ['ftp://example.com/', /is not an absolute/],
    ['https://example.com/a b', /is not an absolute/],
    ['https://example.com/é', /is not an absolute/],
    ['https://example.com/\r\nX: y', /is not an absolute/],
  ];
  for (const [target, reason] of refused) {
    it(`${JSON.stringify(target)} is refused`, () => {
      assert.match(parseTemplate(target, ['id']) as string, reason);
    });
  }

  it('gets the same click id everywhere and a value of the request never a second time', () => {
    const template = parseTemplate('https://example.com/{id}', ['id']) as readonly string[];
    const location = fillTemplate(template, { ...values, captures: new Map([['id', '{path}']]) });
    assert.equal(location, 'https://example.com/{path}');
  });
});

describe('what is put in', () => {
  it('keeps its bytes but those that a Location cannot hold, and number signs', () => {
    assert.equal(asSent('a%2F%zz+;&"<>\\^`{|}~'), 'a%2F%zz+;&"<>\\^`{|}~');
    assert.equal(asSent('\x00\t\r\n \x7f\x80\xff#'), '%00%09%0D%0A%20%7F%80%FF%23');
  });

  it('never changes scheme and host, and is always a legal Location', () => {
    const bytes = fc.string({
      unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
    });
    const templates = [
      'https://safe.example/{id}',
      'https://safe.example?{id}',
      'https://safe.example/x#{id}',
    ];
    fc.assert(
      fc.property(bytes, fc.constantFrom(...templates), (id, target) => {
        const template = parseTemplate(target, ['id']) as readonly string[];
        const location = fillTemplate(template, { ...values, captures: new Map([['id', id]]) });
        assert.match(location, /^[\x21-\x7e]+$/);
        assert.equal(new URL(location).origin, 'https://safe.example');
      }),
      { numRuns: 2000 },
    );
  });
});

it('a query value is that of the first parameter of the name, as sent', () => {
  const cases: [query: string, value: string | undefined][] = [
    ['q=1&q=2', '1'],
    ['a&q', ''],
    ['q=', ''],
    ['q=a=b?c', 'a=b?c'],
    ['qq=1&Q=2&%71=3', undefined],
    ['', undefined],
  ];
  for (const [query, value] of cases) assert.equal(queryValue(query, 'q'), value, query);
});
