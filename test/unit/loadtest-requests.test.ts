import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { readRequestKinds } from '../../loadtest/request-kinds.ts';

const folder = mkdtempSync(join(tmpdir(), 'redirector-requests-'));
after(() => rmSync(folder, { recursive: true }));

function read(...lines: readonly string[]) {
  const path = join(folder, 'requests.txt');
  writeFileSync(path, lines.join('\n'));
  return readRequestKinds(path);
}

describe('a file of requests', () => {
  test('has a path or a JSON object on each line, and comments', () => {
    const kinds = read(
      '# what people ask for',
      '/promo?x=1',
      '',
      '{"path": "/a", "weight": 2.5, "userAgent": "Mozilla/5.0", "headers": {"Host": "go.example.com"}}',
    );
    assert.deepEqual(kinds, [
      { path: '/promo?x=1', headers: [] },
      { path: '/a', weight: 2.5, userAgent: 'Mozilla/5.0', headers: [['Host', 'go.example.com']] },
    ]);
  });

  const refused: readonly (readonly [line: string, problem: RegExp])[] = [
    ['promo', /line 1: path: "promo" is not a path that begins with \/ and has no spaces/],
    ['{"path": "/a b"}', /line 1: path: "\/a b" is not a path/],
    ['{"path": "/a"', /line 1: it is not valid JSON/],
    ['{"weight": 1}', /line 1: path is missing/],
    ['{"path": "/", "wait": 1}', /line 1: wait is not a field of it/],
    ['{"path": "/", "weight": 0}', /line 1: weight: 0 is not a number above 0/],
    ['{"path": "/", "weight": "2"}', /line 1: weight: "2" is not of type number/],
    ['{"path": "/", "userAgent": "a\\r\\nX: y"}', /line 1: userAgent: "a\\r\\nX: y" is not printable ASCII/],
    ['{"path": "/", "headers": {"X": "a\\nb"}}', /line 1: headers\.X: "a\\nb" is not printable ASCII/],
    [
      '{"path": "/", "headers": {"Connection": "close"}}',
      /headers\.Connection is not a header other than conn/,
    ],
    ['# nothing', /it lists no request/],
  ];
  for (const [line, problem] of refused) {
    test(`is refused for ${line}`, () => {
      assert.throws(() => read(line), { code: 'REQUESTS_INVALID', message: problem });
    });
  }

  test('that is not there is named', () => {
    const path = join(folder, 'none.txt');
    assert.throws(() => readRequestKinds(path), {
      code: 'REQUESTS_INVALID',
      message: /none\.txt.*no such file/,
    });
  });
});
