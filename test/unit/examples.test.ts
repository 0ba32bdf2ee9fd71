import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CORE_SCHEMA, load } from 'js-yaml';
import { z } from 'zod';
import { loadConfig } from '../../src/config.ts';
import { loadRules } from '../../src/server/redirect/rules.ts';
import { redirector } from './run-redirector.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const examples = readdirSync(join(root, 'examples')).filter((name) => /\.(ya?ml|json)$/.test(name));
const isRules = (name: string) => /^rules[.-]/.test(name);

const folder = mkdtempSync(join(tmpdir(), 'redirector-examples-'));
after(() => rmSync(folder, { recursive: true }));

/** Loads rules as `serve --rules` does. */
const rulesOf = (path: string) => loadRules(loadConfig({ flags: { rules: path } }).config);

describe('each example', () => {
  for (const name of examples) {
    if (isRules(name)) {
      it(`${name} loads as rules`, () => {
        assert.ok(rulesOf(join(root, 'examples', name)).set.rules.length > 0);
      });
    } else {
      it(`${name} passes config check`, async () => {
        const run = await redirector(['config', 'check', '--config', join(root, 'examples', name)]);
        assert.deepEqual([run.code, run.stdout, run.stderr], [0, 'ok\n', '']);
      });
    }
  }
});

describe('docs/rules.md', () => {
  const page = readFileSync(join(root, 'docs/rules.md'), 'utf8');
  const blocks = [...page.matchAll(/^```yaml\n([\s\S]*?)^```\n(?:\n> (.+)\n)?/gm)];
  const errors = blocks.map(([, , error]) => error).filter((error) => error !== undefined);
  for (const [, rules, error] of blocks) {
    const path = join(folder, 'rules.yaml');
    it(error === undefined ? 'shows rules that load' : `shows what is said of a mistake: ${error}`, () => {
      writeFileSync(path, rules!);
      if (error === undefined) assert.deepEqual(rulesOf(path).warnings, []);
      else
        assert.throws(() => rulesOf(path), { message: `The rules file "${path}" is not valid: ${error}.` });
    });
  }

  for (const file of ['rule-schema', 'rule-set', 'rule-check', 'target-template']) {
    it(`shows every mistake that ${file}.ts finds`, () => {
      const told = [...errors, page.slice(page.indexOf('These work, and are told as warnings'))].join('\n');
      for (const phrase of phrasesIn(readFileSync(join(root, `src/server/redirect/${file}.ts`), 'utf8'))) {
        assert.ok(told.replaceAll(/\s+/g, ' ').includes(phrase), `docs/rules.md lacks "${phrase}"`);
      }
    });
  }
});

/** The texts of a source that are phrases, of templates the longest part that is always the same. */
function phrasesIn(source: string): string[] {
  const code = source
    .replaceAll(/\/\*\*[\s\S]*?\*\//g, '')
    .replaceAll(/^\s*\/\/.*$/gm, '')
    .replaceAll(/\.describe\(\s*(['"`])[\s\S]*?\1,?\s*\)/g, '');
  return [...code.matchAll(/(['`])((?:(?!\1)[^\n])*)\1/g)]
    .map(([, , text]) => text!.split(/\$\{(?:[^{}]|\{[^{}]*\})*\}/).map((part) => part.trim()))
    .map((parts) => parts.reduce((longest, part) => (part.length > longest.length ? part : longest)))
    .map((phrase) => phrase.replace(/\$\{.*/, '').trim())
    .filter((phrase) => phrase.split(' ').length > 3);
}

describe('docs/rules.schema.json', () => {
  it('takes what Redirector takes, with the keys that editors add', () => {
    const schema = z.fromJSONSchema(JSON.parse(readFileSync(join(root, 'docs/rules.schema.json'), 'utf8')));
    for (const name of examples.filter(isRules)) {
      const file = load(readFileSync(join(root, 'examples', name), 'utf8'), { schema: CORE_SCHEMA });
      assert.equal(schema.safeParse(file).success, true, name);
      assert.equal(schema.safeParse({ ...(file as object), $schema: 'x' }).success, true, name);
      assert.equal(schema.safeParse({ ...(file as object), rulez: [] }).success, false, name);
    }
  });
});
