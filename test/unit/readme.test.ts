import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseCommandLine } from '../../src/cli/parse.ts';
import { flagOf, type OptionKey, optionKeys, optionOf } from '../../src/options.ts';
import { anchors, codeBlocks, inlineCode, redirectorWords, relativeLinks } from './markdown.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tracked = spawnSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
});
const pages = tracked.stdout.split('\n').filter((name) => name !== '' && existsSync(join(root, name)));
const read = (name: string): string => readFileSync(join(root, name), 'utf8');
const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts);

/** Folders whose files are named by their whole path. */
const PATH = /^(?:src|bin|scripts|test|docs|examples|loadtest|\.ci)\/[\w./-]*\w$/;
/** What a document may tell to be made. */
const MADE_BY_READERS = new Set(['dist/']);

/** The values of options of the table in a command line, with the keys that they are for. */
function* optionValues(words: readonly string[]): Generator<[OptionKey, string]> {
  for (const [index, word] of words.entries()) {
    const key = optionKeys.find((candidate) => word === `--${flagOf(candidate)}`);
    if (key !== undefined && optionOf(key).type.name !== 'boolean') yield [key, words[index + 1] ?? ''];
  }
}

async function checkCommand(words: readonly string[]): Promise<void> {
  assert.notEqual(await parseCommandLine(words), undefined, 'it only prints help');
  for (const [key, value] of optionValues(words)) {
    assert.notEqual(optionOf(key).type.parse(value), undefined, `${key} does not take ${value}`);
  }
}

it('there are documents to check', () => {
  assert.ok(pages.includes('README.md') && pages.includes('docs/operations.md'), tracked.stderr);
});

for (const name of pages) {
  describe(name, () => {
    const page = read(name);
    const lines = [...codeBlocks(page).flatMap((block) => block.split('\n')), ...inlineCode(page)];

    it('shows commands that are there, with flags and values that they take', async () => {
      for (const line of lines) {
        const words = redirectorWords(line);
        if (words === undefined) continue;
        await assert.doesNotReject(checkCommand(words), `${line.trim()} in ${name}`);
      }
    });

    it('names scripts of npm that are there', () => {
      for (const line of lines) {
        const script = /^npm (?:run (?:--silent )?)?([\w:-]+)/.exec(line)?.[1];
        if (script === undefined || ['ci', 'install', 'npm'].includes(script)) continue;
        assert.ok(scripts.includes(script), `${line.trim()} in ${name}`);
      }
    });

    it('links to pages and headings that are there', () => {
      for (const link of relativeLinks(page)) {
        const [path, anchor] = link.split('#') as [string, string | undefined];
        const target = path === '' ? name : join(dirname(name), path);
        assert.ok(existsSync(join(root, target)), `${link} in ${name}`);
        if (anchor !== undefined) assert.ok(anchors(read(target)).includes(anchor), `${link} in ${name}`);
      }
    });

    it('names files that are there', () => {
      for (const code of inlineCode(page)) {
        if (!PATH.test(code) || MADE_BY_READERS.has(code)) continue;
        assert.ok(existsSync(join(root, code)), `${code} in ${name}`);
      }
    });
  });
}

describe('a wrong document is found', () => {
  const wrongCommands = [
    'npx redirector sreve --target https://example.com/',
    'redirector serve --prot 80',
    'node bin/redirector.js serve --port http',
    'FOO=1 redirector loadtest --rps fast | cat',
    'redirector spool tail extra',
  ];
  for (const line of wrongCommands) {
    it(`by its command ${line}`, async () => {
      await assert.rejects(checkCommand(redirectorWords(line)!));
    });
  }

  it('and other lines are left alone', () => {
    assert.equal(redirectorWords('redirector: answering at http://localhost:8080/'), undefined);
    assert.equal(redirectorWords('curl -i http://localhost:8080/'), undefined);
    assert.deepEqual(redirectorWords("A=b npx redirector spool export --spool-path 'a b.db' > c.jsonl # d"), [
      'spool',
      'export',
      '--spool-path',
      'a b.db',
    ]);
  });

  it('by its links and headings', () => {
    assert.deepEqual(relativeLinks('[a](b.md#c) `[x](y)` [d](https://e.f/)'), ['b.md#c']);
    assert.deepEqual(anchors('# What, `a.b` does\n```\n# no\n```\n'), ['what-ab-does']);
  });
});
