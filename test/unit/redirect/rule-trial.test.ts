import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { loadConfig } from '../../../src/config.ts';
import { compileRules } from '../../../src/server/redirect/rule-compiler.ts';
import { ruleFinder } from '../../../src/server/redirect/rule-finder.ts';
import { rulesFileSchema } from '../../../src/server/redirect/rule-schema.ts';
import { type Trial, type TrialRequest, trialOf } from '../../../src/server/redirect/rule-trial.ts';
import { parseRules } from '../../../src/server/redirect/rules.ts';

const NOW = Date.parse('2026-06-01T12:00:00Z');
const { config } = loadConfig({ flags: {} });

/** Tries one request; a GET without headers at noon unless it says otherwise. */
function tryOut(rules: string, url: string, request: Partial<TrialRequest> = {}): Trial {
  const { set } = parseRules(rules, config, 'rules.yaml');
  return trialOf(
    set,
    config,
  )({ url, method: 'GET', headers: {}, address: '192.0.2.1', now: NOW, ...request });
}

const failed = (trial: Trial): string[][] =>
  trial.passedOver.map(({ checks }) => checks.filter(({ holds }) => !holds).map(({ text }) => text));

describe('a trial of a request', () => {
  it('tells status, Location, Cache-Control, the rule, its host and its captures', () => {
    const trial = tryOut(
      `rules:
        - {host: [a.example, "*.b.example"], pattern: /p/:id/*rest, target: "https://shop.example/{id}?at={rest}", status: 308, cacheControl: no-cache, query: all}`,
      'https://x.b.example/p/7/a/b?c=d',
    );
    assert.equal(trial.status, 308);
    assert.deepEqual(trial.locations, ['https://shop.example/7?at=a/b&c=d']);
    assert.equal(trial.cacheControl, 'no-cache');
    assert.equal(trial.by, 'rule');
    assert.equal(trial.rule!.host, '*.b.example');
    assert.deepEqual(Object.fromEntries(trial.rule!.captures), { id: '7', rest: 'a/b' });
    assert.deepEqual(trial.rule!.checks, [{ holds: true, text: 'method GET is one of GET, HEAD' }]);
    assert.deepEqual(trial.passedOver, []);
  });

  it('tells of every rule that was looked at why it was not taken', () => {
    const rules = `rules:
      - path: /a
        when: {method: POST, query: {utm: mail, old: true, new: false}, language: de, device: [mobile, tablet], network: 10.0.0.0/8}
        action: gone
      - {path: /a, notBefore: 2026-12-01T00:00:00Z, target: "https://later.example/"}
      - {path: /a, expires: 2026-01-01T00:00:00+01:00, target: "https://before.example/"}
      - {prefix: /, target: "https://rest.example/"}`;
    const trial = tryOut(rules, '/a?new=1', { headers: { 'accept-language': 'en-US,fr;q=0.5' } });
    assert.deepEqual(failed(trial), [
      [
        'method GET is not POST',
        'query utm absent is not "mail"',
        'query old absent is not there',
        'query new "1" is not absent',
        'language en-us is not de',
        'device desktop is not mobile, tablet',
        'address 192.0.2.1 is not in 10.0.0.0/8',
      ],
      ['time 2026-06-01T12:00:00Z is not at or after 2026-12-01T00:00:00Z'],
      ['time 2026-06-01T12:00:00Z is not before 2025-12-31T23:00:00Z'],
    ]);
    assert.deepEqual(trial.locations, ['https://rest.example/']);

    const taken = tryOut(rules, '/a?utm=mail&old=2', {
      method: 'POST',
      headers: { 'accept-language': 'de-AT', 'user-agent': 'iPhone' },
      address: '10.1.2.3',
    });
    assert.equal(taken.status, 410);
    assert.deepEqual(
      taken.rule!.checks.map(({ text }) => text),
      [
        'method is POST',
        'query utm is "mail"',
        'query old "2" is there',
        'query new is absent',
        'language de-at is de',
        'device mobile is mobile, tablet',
        'address 10.1.2.3 is in 10.0.0.0/8',
      ],
    );
  });

  it('is at the time that is given', () => {
    const rules = 'rules: [{path: /a, notBefore: 2026-12-01T00:00:00Z, target: "https://later.example/"}]';
    assert.equal(tryOut(rules, '/a').status, 404);
    assert.equal(tryOut(rules, '/a', { now: Date.parse('2026-12-01T00:00:00Z') }).status, 301);
  });

  it('tells every target of a rule that has several, and {click_id} for what each click has of its own', () => {
    const { locations } = tryOut(
      `rules:
        - path: /a
          targets:
            - {target: "https://one.example/?c={click_id}", weight: 1}
            - {target: "https://two.example/", weight: 5}
            - {target: "https://three.example/", weight: 1}`,
      '/a',
    );
    assert.deepEqual(locations, [
      'https://one.example/?c={click_id}',
      'https://two.example/',
      'https://three.example/',
    ]);
  });

  it('tells what decides where no rule does', () => {
    const rules = `rules: [{path: /a, target: "https://a.example/"}]
fallbacks: [{host: f.example, target: "https://fallback.example/{rest}"}]`;
    const outcome = (url: string, method = 'GET') => {
      const { by, status, locations } = tryOut(rules, url, { method });
      return [by, status, ...locations];
    };
    assert.deepEqual(outcome('/b'), ['nothing', 404]);
    assert.deepEqual(outcome('/a', 'POST'), ['method', 405]);
    assert.deepEqual(outcome(`/a?${'x'.repeat(8192)}`), ['length', 414]);
    assert.deepEqual(outcome('http://f.example/x/y'), ['fallback', 301, 'https://fallback.example/x/y']);
    assert.deepEqual(failed(tryOut(rules, '/a', { method: 'POST' })), [
      ['method POST is not one of GET, HEAD'],
    ]);
  });

  it('tells why a target that the request names is refused', () => {
    const rules = 'rules: [{path: /r, dynamic: {hosts: good.example}}]';
    assert.deepEqual(tryOut(rules, '/r?u=https%3A%2F%2Fgood.example%2F').locations, [
      'https://good.example/',
    ]);
    const refused = tryOut(rules, '/r?u=https%3A%2F%2Fbad.example%2F');
    assert.equal(refused.status, 403);
    assert.equal(refused.refusal, 'host bad.example');
    assert.equal(tryOut(rules, '/r').refusal, 'no parameter u');
  });

  it('sends a URL as a browser does, and a Host header as it is given', () => {
    const rules = `rules: [{host: a.example, path: /caf%C3%A9, target: "https://b.example/"}]`;
    assert.equal(tryOut(rules, 'https://A.example:8443/x/../café#here').status, 301);
    assert.equal(tryOut(rules, '/café').status, 404);
    assert.equal(tryOut(rules, '/café', { headers: { host: 'a.example' } }).status, 301);
    assert.equal(tryOut(rules, 'http://c.example/café', { headers: { host: 'a.example' } }).status, 301);
  });

  it('takes the country from the header that a trusted proxy would write', () => {
    const proxied = loadConfig({
      flags: { 'proxy.trusted': '10.0.0.0/8', 'proxy.countryHeader': 'CF-IPCountry' },
    });
    const { set } = parseRules(
      'rules: [{path: /a, when: {country: DE}, target: "https://a.example/"}]',
      proxied.config,
      'rules.yaml',
    );
    const request = { url: '/a', method: 'GET', address: '192.0.2.1', now: NOW };
    const tryCountry = (headers: Readonly<Record<string, string>>) =>
      trialOf(set, proxied.config)({ ...request, headers });
    assert.equal(tryCountry({ 'cf-ipcountry': 'de' }).status, 301);
    assert.deepEqual(failed(tryCountry({})), [['country not known is not DE']]);
  });

  it('takes IPv6 addresses', () => {
    const rules = 'rules: [{path: /a, when: {network: "fd00::/8"}, target: "https://a.example/"}]';
    assert.equal(tryOut(rules, '/a', { address: 'fd00::1' }).status, 301);
    assert.equal(tryOut(rules, '/a', { address: '::1' }).status, 404);
  });
});

describe('what a trial tells', () => {
  it('is what the finder decides, whatever rules ask for', () => {
    const value = fc.constantFrom('a', 'b');
    const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
    const when = fc.record({
      method: optional(fc.subarray(['GET', 'POST', 'PUT'], { minLength: 1 })),
      query: optional(fc.dictionary(value, fc.oneof(value, fc.boolean()), { minKeys: 1, maxKeys: 2 })),
      language: optional(fc.constantFrom('de', 'en-US')),
      device: optional(fc.constantFrom('mobile', 'bot')),
      network: optional(fc.constantFrom('10.0.0.0/8', '::1')),
    });
    const moment = optional(fc.constantFrom('2026-05-01T00:00:00Z', '2026-07-01T00:00:00Z'));
    const rule = fc.record({
      host: optional(fc.constantFrom('a.example', '*.example')),
      place: fc.constantFrom({ path: '/a' }, { prefix: '/' }, { pattern: '/:x' }),
      when,
      notBefore: moment,
      expires: optional(fc.constantFrom('2026-06-01T00:00:00Z', '2026-08-01T00:00:00Z')),
    });
    const request = fc.record({
      url: fc.constantFrom('/a', 'http://a.example/a?a=b', 'http://b.example/a?a&b=a', 'http://a.example/b'),
      method: fc.constantFrom('GET', 'HEAD', 'POST'),
      headers: fc.constantFrom(
        {},
        { 'accept-language': 'de-AT' },
        { 'user-agent': 'iPhone', 'accept-language': 'en-US' },
      ),
      address: fc.constantFrom('10.1.1.1', '192.0.2.1', '::1'),
      now: fc.constant(NOW),
    });
    fc.assert(
      fc.property(fc.array(rule, { minLength: 1, maxLength: 6 }), request, (specs, asked) => {
        const rules = specs.map(({ place, ...rest }, index) => ({
          ...rest,
          ...place,
          name: `rule ${index}`,
          target: 'https://t.example/',
          status: 307 as const,
        }));
        const { set, mistakes } = compileRules(
          rulesFileSchema.parse(JSON.parse(JSON.stringify({ rules }))),
          config,
          new Map(),
        );
        fc.pre(mistakes.length === 0);
        const trial = trialOf(set, config)(asked);
        const url = new URL(asked.url, 'http://none.invalid');
        const host = asked.url.startsWith('/') ? undefined : url.host;
        const found = ruleFinder(set).find(
          host,
          url.pathname,
          { ...asked, query: url.search.slice(1), country: undefined },
          NOW,
        );
        assert.equal(trial.rule?.rule.name, found?.entry.rule.name);
        assert.equal(trial.status === 307, found !== undefined);
        for (const { checks } of trial.passedOver) assert.ok(checks.some(({ holds }) => !holds));
      }),
      { numRuns: 1000 },
    );
  });
});
