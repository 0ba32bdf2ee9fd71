import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { answering, headerOf, mistakeIn, rulesOf } from './rules-of.ts';

const lines = (...text: string[]): string => ['rules:', ...text].join('\n');

describe('rules on their own paths', () => {
  it('are reached though they look alike: colons and asterisks within a segment are text', () => {
    const text = lines(
      "  - { pattern: '/a:b/:x', target: 'https://example.com/1' }",
      "  - { pattern: '/a:c/:y', target: 'https://example.com/2' }",
    );
    assert.equal(mistakeIn(text), undefined);
    assert.equal(headerOf(answering(text)('/a:c/1'), 'Location'), 'https://example.com/2');
  });
  const neverReached: [why: string, rules: string[], line: number | undefined][] = [
    ['the same path again', ['  - { path: /a, action: gone }', '  - { path: /a, action: refuse }'], 3],
    [
      'the same shape again',
      ["  - { pattern: '/:a', action: gone }", "  - { pattern: '/:b', action: gone }"],
      3,
    ],
    [
      'one host of two is taken',
      ['  - { host: a, path: /, action: gone }', '  - { host: [a, b], path: /, action: gone }'],
      undefined,
    ],
    [
      'the first takes other methods',
      ['  - { path: /, action: gone }', '  - { path: /, when: { method: POST }, action: gone }'],
      undefined,
    ],
    [
      'not every taker takes its method',
      [
        '  - { host: a, path: /, action: gone }',
        '  - { host: b, path: /, when: { method: [GET, POST] }, action: gone }',
        '  - { host: [a, b], path: /, when: { method: POST }, action: gone }',
      ],
      undefined,
    ],
    [
      'the first is for a time',
      ["  - { path: /, expires: '2030-01-01T00:00:00Z', action: gone }", '  - { path: /, action: gone }'],
      undefined,
    ],
    [
      'the first has a condition',
      ['  - { path: /, when: { device: bot }, action: gone }', '  - { path: /, action: gone }'],
      undefined,
    ],
  ];
  for (const [why, rules, line] of neverReached) {
    it(`${line === undefined ? 'may be' : 'cannot be'} reached: ${why}`, () => {
      const mistake = mistakeIn(lines(...rules));
      if (line === undefined) assert.equal(mistake, undefined);
      else assert.match(mistake!, new RegExp(`is never reached: .* \\(line ${line}\\)$`));
    });
  }
});

describe('redirects to hosts of our own', () => {
  const two = (first: string, second: string): string =>
    lines(
      `  - { host: a.example, path: /1, target: '${first}' }`,
      `  - { host: a.example, path: /2, target: '${second}' }`,
    );
  it('in a loop are a mistake, told at each rule of it', () => {
    const mistake = mistakeIn(two('http://a.example/2', 'http://a.example/1'))!;
    assert.match(
      mistake,
      /loop: "\/1" to "\/2" to "\/1" \(line 2\); .*loop: "\/2" to "\/1" to "\/2" \(line 3\)/,
    );
    assert.match(
      mistakeIn(two('http://a.example/1', 'http://b.example/'))!,
      /loop: "\/1" to "\/1" \(line 2\)/,
    );
  });
  it('are seen below a wildcard host, too', () => {
    const wild = (target: string): string =>
      lines(
        `  - { host: '*.wild.example', prefix: /, target: '${target}' }`,
        "  - { host: a.example, path: /, target: 'http://b.wild.example/x' }",
      );
    assert.match(mistakeIn(wild('http://c.wild.example/'))!, /loop: "\/" to "\/" \(line 2\)/);
    assert.match(mistakeIn(wild('http://a.example/'))!, /loop: "\/" to "\/" to "\/" \(line 2\)/);
    const { warnings } = rulesOf(wild('https://example.com/{rest}'));
    assert.match(warnings.join(), /another rule redirects on: "\/" to "\/" \(line 3\)$/);
    assert.equal(rulesOf(wild('https://wild.example/')).warnings.length, 1);
  });
  it('in a chain are a warning', () => {
    const { warnings } = rulesOf(two('http://a.example:8080/2', 'https://example.com/'));
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /another rule redirects on: "\/1" to "\/2" \(line 2\)$/);
  });
  it('from http to https are a warning, as another server may answer there', () => {
    const { warnings } = rulesOf(two('https://a.example/1', 'https://example.com/'));
    assert.match(warnings.join(), /redirects to itself by https.* \(line 2\)$/);
  });
  for (const [what, target] of [
    ['prefix: /a/', 'http://a.example/a/{rest}'],
    ['prefix: /a/', 'http://a.example/a/more/{rest}'],
    ["pattern: '/:one/:two'", 'http://a.example/{two}/{one}?c={click_id}'],
  ] as const) {
    it(`that fill in where they lead are a warning when that comes back: ${what} to ${target}`, () => {
      const { warnings } = rulesOf(lines(`  - { host: a.example, ${what}, target: '${target}' }`));
      assert.match(warnings.join(), /^it redirects to itself, such as to http:.*: in a loop \(line 2\)$/);
    });
  }
  it('that fill in what leads to another rule, or to others, are none', () => {
    const text = lines(
      "  - { host: a.example, path: /a/example, target: 'https://example.com/' }",
      "  - { host: a.example, prefix: /a/, target: 'http://a.example/{rest}' }",
      "  - { host: a.example, prefix: /b/, target: 'http://b.example/b/{rest}' }",
    );
    assert.deepEqual(rulesOf(text).warnings, []);
  });
  it('that add what a condition asks to be absent are no loop', () => {
    const text = lines(
      "  - { host: a, path: /, when: { query: { v: false } }, target: 'http://a/?v=1' }",
      '  - { host: a, path: /, when: { network: 10.0.0.0/8 }, target: https://example.com/ }',
    );
    assert.deepEqual(rulesOf(text).warnings, []);
  });
});

describe('answers', () => {
  it('spread over targets by their weights', () => {
    let draw = 0;
    const text = lines(
      '  - path: /',
      '    targets:',
      '      - { target: https://a.example/, weight: 3 }',
      '      - { target: https://b.example/, weight: 1 }',
    );
    const answer = answering(text, { draw: () => draw });
    for (const [drawn, host] of [
      [0, 'a'],
      [0.7499, 'a'],
      [0.75, 'b'],
      [0.9999, 'b'],
    ] as const) {
      draw = drawn;
      assert.equal(headerOf(answer('/'), 'Location'), `https://${host}.example/`);
    }
  });
  it('that are the same for every request are made once', () => {
    const answer = answering(lines('  - { path: /, target: https://example.com/ }'));
    assert.equal(answer('/?a'), answer('/?b'));
  });
  it('tell the click id that is in the location', () => {
    const answer = answering(lines("  - { path: /, name: n, target: 'https://example.com/{click_id}' }"))(
      '/',
    );
    const record = JSON.parse(`{${answer.ruleJson.slice(1)}}`);
    assert.equal(record.location, `https://example.com/${answer.clickId}`);
    assert.equal(headerOf(answer, 'Location'), record.location);
  });
  it('of fallbacks are recorded or not, as they say', () => {
    const answer = answering(
      'rules: []\nfallbacks: [{ host: a, record: false }, { host: b, target: https://example.com/, record: false }, {}]',
    );
    const told = (host: string) => [answer('/', { host }).status, answer('/', { host }).isRecorded];
    assert.deepEqual(
      [told('a'), told('b'), told('c')],
      [
        [404, false],
        [301, false],
        [404, true],
      ],
    );
  });
  it('to other methods than a rule takes name all that are taken at the path', () => {
    const answer = answering(lines('  - { path: /, when: { method: [POST, PUT] }, action: gone }'));
    assert.equal(headerOf(answer('/', { method: 'DELETE' }), 'Allow'), 'GET, HEAD, POST, PUT');
    assert.equal(answer('/', { method: 'POST' }).status, 410);
    assert.equal(answer('/').status, 404);
  });
  it('change with the time', () => {
    let now = Date.UTC(2026, 0, 2) - 1;
    const answer = answering(
      lines(
        "  - { path: /, notBefore: '2026-01-02T00:00:00Z', expires: '2026-01-03T00:00:00+00:00', action: gone }",
      ),
      { now: () => now },
    );
    assert.equal(answer('/').status, 404);
    now = Date.UTC(2026, 0, 2);
    assert.equal(answer('/').status, 410);
    now = Date.UTC(2026, 0, 3);
    assert.equal(answer('/').status, 404);
  });
});

describe('whatever a rules file says', () => {
  const scalar = fc.oneof(
    fc.constantFrom(
      '/',
      '/a/:b',
      '/*r',
      'a.example',
      '*.b',
      'https://e.example/{rest}',
      'GET',
      'all',
      'x: y',
      '"',
      '&a',
      '*a',
      '- -',
      '{',
      '|',
      '<<',
      '__proto__',
      '2026-01-01T00:00:00Z',
      '10.0.0.0/8',
      '\t',
      '---',
      '...',
      '\0',
      '#',
    ),
    fc.string(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
  );
  const key = fc.constantFrom(
    ...'rules fallbacks path prefix pattern host when target targets weight dynamic action text status query name method device network language expires notBefore signed hosts __proto__'.split(
      ' ',
    ),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      scalar,
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(key, tie('value'), { maxKeys: 5 }),
    ),
  }));
  const shaped = fc.record({ rules: fc.array(fc.dictionary(key, value, { maxKeys: 6 }), { maxLength: 3 }) });
  const yaml = fc
    .array(fc.tuple(fc.nat(3), key, scalar), { maxLength: 8 })
    .map((rows) =>
      rows
        .map(([depth, name, text]) => `${'  '.repeat(depth)}${depth === 1 ? '- ' : ''}${name}: ${text}`)
        .join('\n'),
    );
  it('gives rules or RULES_INVALID, and nothing else', () => {
    const text = fc.oneof(
      yaml,
      fc.string(),
      value.map((one) => JSON.stringify(one) ?? ''),
      shaped.map((one) => JSON.stringify(one)),
    );
    fc.assert(
      fc.property(text, (one) => {
        mistakeIn(one); // throws whatever is not RULES_INVALID
      }),
      { numRuns: 3000 },
    );
  });

  it('sends nobody to a host but those of its targets', () => {
    const segment = fc.constantFrom('a', ':x', 'b', '%2F', '..');
    const kinds = fc.oneof(
      fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => ({
        pattern: `/${parts.map((part, at) => (part === ':x' ? `:x${at}` : part)).join('/')}/*rest`,
      })),
      fc.constantFrom('/', '/a', '/a/').map((prefix) => ({ prefix })),
    );
    const rule = fc.record(
      {
        kind: kinds,
        target: fc.constantFrom('/{rest}', '?{rest}', '/x#{rest}', '/{path}', '/{query.a}', ''),
        query: fc.constantFrom('all', 'none', ['a', 'b']),
      },
      { requiredKeys: ['kind', 'target', 'query'] },
    );
    const bytes = fc.string({
      unit: fc.oneof(
        fc.constantFrom('/', '\\', '@', ':', '.', '#', '&', '=', '%0d%0a', '//', 'evil.example'),
        fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
      ),
      maxLength: 12,
    });
    fc.assert(
      fc.property(
        fc.array(rule, { minLength: 1, maxLength: 4 }),
        bytes,
        bytes,
        fc.boolean(),
        (specs, path, query, isAbsolute) => {
          const rules = specs.map(({ kind, target, query: pass }, at) => ({
            ...kind,
            when: { query: { a: at % 2 === 0 } },
            target: `https://safe-${at}.example${target}`,
            query: pass,
          }));
          const answer = answering(JSON.stringify({ rules }));
          const target = `${isAbsolute ? 'http://evil.example' : ''}/a/${path}?a=${query}`;
          const location = headerOf(answer(target, { host: 'evil.example' }), 'Location');
          if (location === undefined) return;
          assert.match(location, /^https:\/\/safe-\d\.example(?![^/?#])[\x21-\x7e]*$/);
          assert.match(new URL(location).host, /^safe-\d\.example$/);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
