import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
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
  for (const [, rules, error] of blocks) {
    const path = join(folder, 'rules.yaml');
    it(error === undefined ? 'shows rules that load' : `shows what is said of a mistake: ${error}`, () => {
      writeFileSync(path, rules!);
      if (error === undefined) assert.ok(rulesOf(path).set.rules.length > 0);
      else
        assert.throws(() => rulesOf(path), { message: `The rules file "${path}" is not valid: ${error}.` });
    });
  }

  it('shows every mistake that the code finds', () => {
    const source = readFileSync(join(root, 'src/server/redirect/rules.ts'), 'utf8');
    const told = source.match(/throw (?:invalid|\w+\.wrong)\(/g)?.length;
    assert.equal(blocks.filter(([, , error]) => error !== undefined).length, told);
  });
});
