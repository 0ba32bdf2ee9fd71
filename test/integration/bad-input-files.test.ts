import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { temporaryDirectory } from '../support/guarded.ts';
import { ask } from '../support/http-client.ts';
import { refusal } from '../support/refusal.ts';
import { startServer } from '../support/server.ts';

const target = 'https://example.com/';

/** A new folder with one file. */
function folderWith(name: string, text: string): string {
  const cwd = temporaryDirectory('refused');
  writeFileSync(join(cwd, name), text);
  return cwd;
}

describe('a configuration file with a mistake', () => {
  test('that is missing is named', async () => {
    const { problems, hint } = await refusal({ flags: ['--config', 'nowhere.yaml'] });
    assert.deepEqual(problems, [
      'The configuration file "nowhere.yaml" cannot be read: no such file or directory.',
    ]);
    assert.match(hint, /--config/);
  });

  test('with an unknown key gets the nearest known name', async () => {
    const cwd = folderWith('c.yaml', `target: ${target}\nqueue:\n  maxByte: 1MiB\n`);
    const { problems } = await refusal({ cwd, flags: ['--config', 'c.yaml'] });
    assert.equal(problems.length, 1);
    assert.match(problems[0]!, /^queue\.maxByte is not an option \(file c\.yaml\)\..*queue\.maxBytes/);
  });

  for (const [what, text] of [
    ['YAML', `target: ${target}\nadmin: {port: 1\nstatus: 302\n`],
    ['JSON', `{\n"target": "${target}",\n"status" 302}\n`],
  ] as const) {
    test(`that does not parse as ${what} is named with the line`, async () => {
      const cwd = folderWith('c.yaml', text);
      const { problems, hint } = await refusal({ cwd, flags: ['--config', 'c.yaml'] });
      assert.equal(problems.length, 1);
      assert.match(
        problems[0]!,
        /^The configuration file "c\.yaml" is not valid YAML or JSON: .* line [23]\b/,
      );
      assert.match(hint, /line/);
    });
  }
});

describe('a rules file with a mistake', () => {
  test('that is missing is named', async () => {
    const { problems, hint } = await refusal({ flags: { rules: 'nowhere.yaml' } });
    assert.deepEqual(problems, ['The rules file "nowhere.yaml" cannot be read: no such file or directory.']);
    assert.match(hint, /--rules/);
  });

  const good = '  - {path: /a, target: https://example.com/a}\n';
  const cases: [what: string, text: string, reason: string | RegExp][] = [
    ['that does not parse', 'rules:\n  - path: [/a\n', /line 3/],
    ['that is empty', '', 'the top level is not a map with the key "rules"'],
    ['that is a list', '- path: /a\n', 'the top level is not a map with the key "rules" (line 1)'],
    ['with another key', `rules:\n${good}rule: 1\n`, '"rule" is not a key of it; only "rules" is (line 3)'],
    ['without a list', 'rules: /a\n', '"rules" is not a list (line 1)'],
    ['with no rule in it, and no target', 'rules: []\n', 'it has no rule, and no target is given (line 1)'],
    ['with text for a rule', `rules:\n${good}  - /b\n`, 'a rule is not a map with path and target (line 3)'],
    [
      'with a misspelt key',
      `rules:\n  - path: /a\n    targett: https://example.com/\n`,
      '"targett" is not a key of a rule. Did you mean target (line 3)',
    ],
    [
      'with a path that does not begin with a slash',
      `rules:\n${good}  - {path: b, target: https://example.com/}\n`,
      'path "b" does not begin with / or has a space, ? or # (line 3)',
    ],
    [
      'with a query in a path',
      `rules:\n  - {path: '/b?c', target: https://example.com/}\n`,
      'path "/b?c" does not begin with / or has a space, ? or # (line 2)',
    ],
    ['without a path', 'rules:\n  - {target: https://example.com/}\n', 'a rule has no path (line 2)'],
    ['without a target', 'rules:\n  - {path: /b}\n', 'the rule of "/b" has no target (line 2)'],
    ['with two rules for a path', `rules:\n${good}${good}`, 'path "/a" has two rules (line 3)'],
    [
      'with a path that no request can have',
      'rules:\n  - {path: /café, target: https://example.com/}\n',
      'path "/café" must be percent-encoded as browsers send it: "/caf%C3%A9" (line 2)',
    ],
    [
      'with a target that is no URL',
      'rules:\n  - path: /b\n    target: example.com\n',
      'target "example.com" of "/b" is not an absolute http:// or https:// URL without spaces or control characters (line 3)',
    ],
    [
      'with a status that is no redirect',
      'rules:\n  - path: /b\n    target: https://example.com\n    status: 200\n',
      'status 200 of "/b" is not one of 301, 302, 303, 307, 308 (line 4)',
    ],
    [
      'with a name that is no text',
      'rules:\n  - path: /b\n    target: https://example.com\n    name: 5\n',
      'name of "/b" is not text (line 4)',
    ],
  ];
  for (const [what, text, reason] of cases) {
    test(`${what} is named with the line`, async () => {
      const cwd = folderWith('rules.yaml', text);
      const { problems, hint } = await refusal({ cwd, flags: { rules: 'rules.yaml' } });
      assert.equal(problems.length, 1);
      const [problem = ''] = problems;
      if (typeof reason === 'string') {
        assert.equal(problem, `The rules file "rules.yaml" is not valid: ${reason}.`);
      } else {
        assert.match(problem, reason);
      }
      assert.match(hint, /docs\/rules\.md/);
    });
  }
});

describe('a spool that cannot be used', () => {
  test('in a missing directory is named', async () => {
    const { problems, hint } = await refusal({ flags: { target, 'spool.path': 'no/where/spool.db' } });
    assert.deepEqual(problems, [
      'The spool "no/where/spool.db" cannot be used: the directory "no/where" does not exist.',
    ]);
    assert.match(hint, /--spool-path/);
  });

  test('that is a directory is named', async () => {
    const cwd = temporaryDirectory('refused');
    mkdirSync(join(cwd, 'spool.db'));
    const { problems } = await refusal({ cwd, flags: { target, 'spool.path': 'spool.db' } });
    assert.deepEqual(problems, ['The spool "spool.db" cannot be used: unable to open database file.']);
  });

  test('that is no database is named, and left as it is', async () => {
    const cwd = folderWith('redirector-spool.db', 'This is a letter to my aunt.\n'.repeat(100));
    const { problems } = await refusal({ cwd, flags: { target } });
    assert.deepEqual(problems, ['The spool "./redirector-spool.db" cannot be used: file is not a database.']);
  });

  test('that another server has is named, that server goes on, and its successor may have it', async () => {
    const first = await startServer({ flags: { target } });
    const { problems, hint } = await refusal({ cwd: first.cwd, flags: { target } });
    assert.deepEqual(problems, ['The spool "./redirector-spool.db" is in use by another Redirector.']);
    assert.match(hint, /--spool-path/);
    assert.equal((await ask(first.url)).status, 301);
    await first.waitForStats('the record to be in the spool', ({ ledger }) => ledger.spooled === 1);
    first.kill('SIGKILL');
    await first.exited();
    const second = await startServer({ cwd: first.cwd, flags: { target } });
    assert.equal((await second.stats()).ledger.inherited, 1);
    await second.stop();
  });
});
