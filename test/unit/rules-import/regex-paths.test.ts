import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NotCarried } from '../../../src/cli/rules-import/imported.ts';
import { translateRegex } from '../../../src/cli/rules-import/regex-paths.ts';
import { RuleIndex } from '../../../src/server/redirect/rule-index.ts';

/** Paths that are put together of pieces which expressions often have. */
function* paths(): Generator<string> {
  const pieces = ['a', 'b', 'foo', 'foo.html', '7', ''];
  for (const first of pieces) {
    yield `/${first}`;
    for (const second of pieces) {
      yield `/${first}/${second}`;
      for (const third of pieces) yield `/${first}/${second}/${third}`;
    }
  }
}

/** What the rules say of a path: the values of the groups, or undefined where none takes it. */
function matchOf(source: string, path: string): Record<string, string> | undefined {
  const index = new RuleIndex<ReadonlyMap<string, string>>();
  for (const variant of translateRegex(source).variants)
    index.add([], variant.kind, variant.path, variant.groups);
  let groups: Record<string, string> | undefined;
  index.find(undefined, path, (templates, captures) => {
    groups = Object.fromEntries(
      [...templates].map(([name, text]) => [
        name,
        text.replace(/\{(\w+)\}/g, (_, capture) => captures.get(capture) ?? ''),
      ]),
    );
    return true;
  });
  return groups;
}

/** Groups that took nothing count as those that took no part. */
const filled = (groups: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(groups).filter(([, value]) => value !== undefined && value !== ''),
  ) as Record<string, string>;

describe('a regular expression that is carried over without a remark', () => {
  for (const source of [
    '^/a$',
    '^/a/?$',
    '^/foo/(.*)$',
    '^/foo(/.*)?$',
    '^(.*)$',
    '^(/.*)$',
    '^/',
    '(.*)',
    '^/a/([^/]+)$',
    '^/a/([^/]+)/?$',
    '^/a/([^/]+)/(.*)$',
    '^/([^/]+)/([^/]*)$',
    '^/(a|b|foo)/(.*)$',
    '^/(?:a|b)/foo\\.html?$',
    '^/[ab]/(?<last>[^/]+)$',
    '^/foo/(a|b)?/?$',
    '^/(foo(\\.html)?)$',
    '^\\/a\\/b$',
  ]) {
    it(`takes the paths that it takes, and captures the same: ${source}`, () => {
      assert.deepEqual(translateRegex(source).differences, []);
      for (const path of paths()) {
        const match = new RegExp(source).exec(path);
        const expected =
          match === null
            ? undefined
            : filled({
                ...Object.fromEntries([...match].slice(1).map((value, index) => [index + 1, value])),
                ...match.groups,
              });
        const actual = matchOf(source, path);
        assert.deepEqual(actual === undefined ? undefined : filled(actual), expected, path);
      }
    });
  }
});

describe('a regular expression that takes other paths here', () => {
  for (const [source, difference] of [
    ['^/foo', 'it takes /foo and what is below /foo/, not longer names that begin so'],
    ['^/foo(.*)$', 'it takes /foo and what is below /foo/, not longer names that begin so'],
    ['^/a/(\\d+)$', '\\d+ takes any text up to the next slash'],
    ['^/a/([a-z]{2})/', '[a-z]{2} takes any text up to the next slash'],
    ['^/foo.html$', 'a "." without a backslash takes a dot alone'],
    ['^/foo/(.+)$', 'it takes the path with nothing after the last slash, too'],
    ['^/a/+b$', '/+ takes / once'],
    ['^/a/[\\w/]*$', '[\\w/]* takes whatever follows'],
  ] as const) {
    it(`says so: ${source}`, () => assert.deepEqual(translateRegex(source).differences, [difference]));
  }
});

describe('a regular expression that rules cannot say', () => {
  for (const [source, reason] of [
    ['/a$', /does not begin with \^/],
    ['\\.php$', /does not begin with \^/],
    ['^a$', /does not begin with a slash/],
    ['^/(.*)/feed$', /several segments in the middle/],
    ['^/item-(\\d+)$', /a part of a segment/],
    ['^/([^/]+)\\.html$', /a part of a segment/],
    ['^/a(?=b)', /looks ahead/],
    ['^/(a)\\1$', /back reference/],
    ['^/(ab)+$', /repeats a group/],
    ['^/a{3}$', /repeats a/],
    ['^/\\wx$', /takes a part of a segment/],
    ['^/[0-9][0-9][0-9]$', /too many paths/],
    ['^/a|/b^', /begin with \^|anchor/],
    ['^/(', /cannot be read/],
    ['^/:a/([^/]+)$', /begins with : or \*/],
  ] as const) {
    it(`is refused with a reason: ${source}`, () => {
      assert.throws(
        () => translateRegex(source),
        (error) => error instanceof NotCarried && reason.test(error.message),
      );
    });
  }
});
