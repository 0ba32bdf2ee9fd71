import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { redirectorWords } from './markdown.ts';
import { redirector } from './run-redirector.ts';

const page = readFileSync(fileURLToPath(new URL('../../docs/rules-commands.md', import.meta.url)), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'redirector-page-'));
after(() => rmSync(folder, { recursive: true }));

for (const [, name, text] of page.matchAll(/^`([\w.]+)`:\n\n```[a-z]+\n([\s\S]*?)^```$/gm)) {
  writeFileSync(join(folder, name!), text!);
}

describe('docs/rules-commands.md', () => {
  for (const [, line, expected] of page.matchAll(/^```console\n\$ (.+)\n([\s\S]*?)^```$/gm)) {
    it(`shows what this prints: ${line}`, async () => {
      const { stdout, stderr } = await redirector(redirectorWords(line!)!, { cwd: folder });
      assert.equal(stdout + stderr, expected);
    });
  }
});
