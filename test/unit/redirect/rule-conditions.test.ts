import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  conditionsOf,
  type DeviceClass,
  deviceClass,
  type RuleRequest,
  wantedLanguages,
} from '../../../src/server/redirect/rule-conditions.ts';
import type { ConditionsSpec } from '../../../src/server/redirect/rule-schema.ts';

const request = (changes: Partial<RuleRequest> = {}): RuleRequest => ({
  method: 'GET',
  query: '',
  headers: {},
  address: '192.0.2.1',
  country: undefined,
  ...changes,
});

describe('the languages that are wanted most', () => {
  const cases: [header: string, wanted: string[]][] = [
    ['de', ['de']],
    ['DE-at, en;q=0.5', ['de-at']],
    ['en;q=0.5, de;q=0.9, fr; q=0.9', ['de', 'fr']],
    ['de;q=0', []],
    ['de;q=x', []],
    ['*', ['*']],
  ];
  for (const [header, wanted] of cases) {
    it(`in "${header}"`, () => assert.deepEqual(wantedLanguages(header), wanted));
  }
});

describe('the device class of', () => {
  const cases: [agent: string, device: DeviceClass][] = [
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148', 'mobile'],
    ['Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/140 Mobile Safari/537.36', 'mobile'],
    ['Mozilla/5.0 (Linux; Android 15; SM-X910) Chrome/140 Safari/537.36', 'tablet'],
    ['Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) Mobile/15E148', 'tablet'],
    ['Mozilla/5.0 (X11; Linux x86_64) Chrome/140 Safari/537.36', 'desktop'],
    ['Mozilla/5.0 (compatible; Googlebot/2.1)', 'bot'],
    ['curl/8.5.0', 'bot'],
    ['', 'desktop'],
  ];
  for (const [agent, device] of cases) {
    it(`"${agent}" is ${device}`, () => assert.equal(deviceClass(agent), device));
  }
});

const conditionOf = (spec: ConditionsSpec) => {
  const conditions = conditionsOf(spec);
  return (one: RuleRequest): boolean => conditions.every(({ holds }) => holds(one));
};

describe('a condition', () => {
  it('is none where nothing is asked for but a method', () => {
    assert.deepEqual(conditionsOf(undefined), []);
    assert.deepEqual(conditionsOf({ method: ['POST'] }), []);
  });
  it('on the query compares as sent', () => {
    const condition = conditionOf({ query: { v: '2', a: true, b: false } });
    assert.equal(condition(request({ query: 'v=2&a' })), true);
    assert.equal(condition(request({ query: 'v=%32&a' })), false);
    assert.equal(condition(request({ query: 'v=2' })), false);
    assert.equal(condition(request({ query: 'v=2&a&b=' })), false);
  });
  it('on the language takes a region for its language, and not the other way round', () => {
    const wants = (tag: string, header: string) =>
      conditionOf({ language: [tag] })(request({ headers: { 'accept-language': header } }));
    assert.equal(wants('pt', 'pt-BR'), true);
    assert.equal(wants('pt-BR', 'pt-br'), true);
    assert.equal(wants('pt-BR', 'pt'), false);
    assert.equal(wants('pt', 'ptx'), false);
    assert.equal(conditionOf({ language: ['pt'] })(request()), false);
  });
  it('on the network holds for addresses in it; one that is unknown is in none', () => {
    const condition = conditionOf({ network: ['10.0.0.0/8', '2001:db8::/32', '192.0.2.7'] });
    for (const address of ['10.255.0.1', '2001:db8::5', '192.0.2.7'])
      assert.equal(condition(request({ address })), true, address);
    for (const address of ['11.0.0.1', '2001:db9::5', '192.0.2.8', ''])
      assert.equal(condition(request({ address })), false, address);
  });
  it('holds only where all of it holds', () => {
    const condition = conditionOf({ query: { a: true }, device: ['bot'] });
    assert.equal(condition(request({ query: 'a', headers: { 'user-agent': 'curl/8' } })), true);
    assert.equal(condition(request({ query: 'a' })), false);
  });
});
