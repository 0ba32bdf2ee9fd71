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

  /** All others are shown, and run, in docs/rules.md. */
  const cases: [what: string, text: string, reason: string | RegExp][] = [
    ['that does not parse', 'rules:\n  - path: [/a\n', /line 3/],
    [
      'with a misspelt key',
      'rules:\n  - path: /a\n    targett: https://example.com/\n',
      '"targett" is not a key here. Did you mean target? (line 3)',
    ],
    [
      'with several mistakes',
      'rules:\n  - {path: /a, target: example.com}\n  - {path: /b, action: gone, status: 301}\n',
      'target "example.com" is not an absolute http:// or https:// URL without spaces or control characters (line 2); status is for redirects, not for action (line 3)',
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
