import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { redirectorWords } from './markdown.ts';
import { redirector } from './run-redirector.ts';

for (const name of ['docs/rules-commands.md', 'docs/from-nginx.md']) {
  const page = readFileSync(fileURLToPath(new URL(`../../${name}`, import.meta.url)), 'utf8');
  const folder = mkdtempSync(join(tmpdir(), 'redirector-page-'));
  after(() => rmSync(folder, { recursive: true }));

  for (const [, file, text] of page.matchAll(/`([\w.]+)`:\n\n```[a-z]+\n([\s\S]*?)^```$/gm)) {
    writeFileSync(join(folder, file!), text!);
  }

  describe(name, () => {
    for (const [, line, expected] of page.matchAll(/^```console\n\$ (.+)\n([\s\S]*?)^```$/gm)) {
      it(`shows what this prints: ${line}`, async () => {
        const { stdout, stderr } = await redirector(redirectorWords(line!)!, { cwd: folder });
        assert.equal(stdout + stderr, expected);
      });
    }
  });
}
