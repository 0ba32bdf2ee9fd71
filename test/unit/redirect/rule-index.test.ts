import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { captureNames, type PathKind, RuleIndex } from '../../../src/server/redirect/rule-index.ts';

interface Named {
  readonly hosts: readonly string[];
  readonly kind: PathKind;
  readonly path: string;
}

function find(rules: readonly Named[], host: string | undefined, path: string) {
  const index = new RuleIndex<Named>();
  for (const rule of rules) index.add(rule.hosts, rule.kind, rule.path, rule);
  const offered: { rule: Named; captures: Record<string, string> }[] = [];
  index.find(host, path, (rule, captures) => {
    offered.push({ rule, captures: Object.fromEntries(captures) });
    return false;
  });
  return offered;
}
const anyHost = (kind: PathKind, path: string): Named => ({ hosts: [], kind, path });
const paths = (offered: ReturnType<typeof find>): string[] => offered.map(({ rule }) => rule.path);

describe('a rule for', () => {
  const cases: [kind: PathKind, rule: string, path: string, captures: Record<string, string> | undefined][] =
    [
      ['path', '/docs', '/docs', {}],
      ['path', '/docs', '/docs/', undefined],
      ['path', '/docs', '/Docs', undefined],
      ['path', '/a%2Fb', '/a/b', undefined],
      ['path', '/', '/', {}],
      ['prefix', '/docs', '/docs', { rest: '' }],
      ['prefix', '/docs', '/docs/', { rest: '' }],
      ['prefix', '/docs', '/docs/a/b', { rest: 'a/b' }],
      ['prefix', '/docs', '/docsx', undefined],
      ['prefix', '/docs/', '/docs', undefined],
      ['prefix', '/docs/', '/docs/a%20b/', { rest: 'a%20b/' }],
      ['prefix', '/', '/', { rest: '' }],
      ['prefix', '/', '/a//b', { rest: 'a//b' }],
      ['pattern', '/p/:id', '/p/7', { id: '7' }],
      ['pattern', '/p/:id', '/p/', undefined],
      ['pattern', '/p/:id', '/p/7/', undefined],
      ['pattern', '/p/:id', '/p/a%2F%00;+', { id: 'a%2F%00;+' }],
      ['pattern', '/p/:id/x/:n', '/p/7/x/8', { id: '7', n: '8' }],
      ['pattern', '/p/:id/x/:n', '/p/7/y/8', undefined],
      ['pattern', '/p/:id/*all', '/p/7/', { id: '7', all: '' }],
      ['pattern', '/p/:id/*all', '/p/7/a//b', { id: '7', all: 'a//b' }],
      ['pattern', '/p/:id/*all', '/p/7', undefined],
      ['pattern', '/*all', '/', { all: '' }],
      ['pattern', '/:a', '/..', { a: '..' }],
    ];
  for (const [kind, rule, path, captures] of cases) {
    it(`${kind} ${rule} ${captures === undefined ? 'does not match' : 'matches'} ${path}`, () => {
      assert.deepEqual(
        find([anyHost(kind, rule)], undefined, path).map((offered) => offered.captures),
        captures === undefined ? [] : [captures],
      );
    });
  }
});

describe('of several rules the first offered is', () => {
  it('the exact one, then by the first segment that differs: itself, a capture, the rest', () => {
    const rules = [
      anyHost('prefix', '/'),
      anyHost('pattern', '/:a/b/*rest'),
      anyHost('prefix', '/a'),
      anyHost('pattern', '/a/:b/c'),
      anyHost('pattern', '/a/b/:c'),
      anyHost('path', '/a/b/c'),
    ];
    assert.deepEqual(paths(find(rules, undefined, '/a/b/c')), [
      '/a/b/c',
      '/a/b/:c',
      '/a/:b/c',
      '/a',
      '/:a/b/*rest',
      '/',
    ]);
  });
  it('by order where they are alike, whatever captures are called', () => {
    const rules = [anyHost('pattern', '/x/:first'), anyHost('pattern', '/x/:second')];
    assert.deepEqual(
      find(rules, undefined, '/x/1').map(({ captures }) => captures),
      [{ first: '1' }, { second: '1' }],
    );
  });
  it('that of the host, of the nearest domain above it, of every host', () => {
    const on = (...hosts: string[]): Named => ({ hosts, kind: 'path', path: '/' });
    const rules = [on(), on('*.example.com'), on('*.b.example.com'), on('a.b.example.com', 'other.example')];
    const hosts = (host: string | undefined): string[] =>
      find(rules, host, '/').map(({ rule }) => rule.hosts.join());
    const own = 'a.b.example.com,other.example';
    assert.deepEqual(hosts('a.b.example.com'), [own, '*.b.example.com', '*.example.com', '']);
    assert.deepEqual(hosts('A.B.Example.COM.:8080'), [own, '*.b.example.com', '*.example.com', '']);
    assert.deepEqual(hosts('example.com'), ['']);
    assert.deepEqual(hosts('badexample.com'), ['']);
    assert.deepEqual(hosts(undefined), ['']);
  });
});

/** The same by regular expressions, one rule after the other: slow and plain. */
function matchesPlainly({ kind, path }: Named, asked: string): Record<string, string> | undefined {
  const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const expression =
    kind === 'path'
      ? `^${escaped(path)}$`
      : kind === 'prefix'
        ? path.endsWith('/')
          ? `^${escaped(path)}(.*)$`
          : `^${escaped(path)}(?:/(.*))?$`
        : `^${path
            .split('/')
            .map((segment) =>
              segment.startsWith(':') ? '([^/]+)' : segment.startsWith('*') ? '(.*)' : escaped(segment),
            )
            .join('/')}$`;
  const match = new RegExp(expression, 's').exec(asked);
  if (match === null) return undefined;
  return Object.fromEntries(captureNames(kind, path).map((name, index) => [name, match[index + 1] ?? '']));
}

it('finds what a regular expression for each rule finds, whatever the rules and the path', () => {
  const segment = fc.constantFrom('a', 'b', '%2F', '', '.', '..');
  const asked = fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => `/${parts.join('/')}`);
  const literal = asked.map((path) => [anyHost('path', path), anyHost('prefix', path)]);
  const pattern = fc
    .array(fc.oneof(segment, fc.constant(':')), { minLength: 1, maxLength: 4 })
    .chain((parts) => fc.boolean().map((goesOn) => (goesOn ? [...parts, '*all'] : parts)))
    .map((parts) => [
      anyHost('pattern', `/${parts.map((part, at) => (part === ':' ? `:c${at}` : part)).join('/')}`),
    ]);
  fc.assert(
    fc.property(
      fc.array(fc.oneof(literal, pattern), { maxLength: 8 }),
      fc.array(asked, { minLength: 1, maxLength: 8 }),
      (groups, all) => {
        const rules = groups.flat();
        for (const path of all) {
          const offered = find(rules, undefined, path);
          const plain = rules.flatMap((rule) => {
            const captures = matchesPlainly(rule, path);
            return captures === undefined ? [] : [{ rule, captures }];
          });
          const text = (found: typeof offered): string[] => found.map((one) => JSON.stringify(one)).sort();
          assert.deepEqual(text(offered), text(plain), path);
        }
      },
    ),
    { numRuns: 500 },
  );
});
