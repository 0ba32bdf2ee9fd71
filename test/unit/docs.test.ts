import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const check = (directory: string) =>
  spawnSync(process.execPath, ['scripts/generate-docs.ts', '--check'], { cwd: directory, encoding: 'utf8' });

describe('the generated pages', () => {
  it('say what the code says', () => {
    const { status, stderr } = check(root);
    assert.equal(status, 0, stderr);
  });

  it('are named when they drift', (t) => {
    const copy = mkdtempSync(join(tmpdir(), 'redirector-docs-'));
    t.after(() => rmSync(copy, { recursive: true }));
    for (const part of ['src', 'loadtest', 'scripts', 'docs', 'charts', 'package.json']) {
      cpSync(join(root, part), join(copy, part), { recursive: true });
    }
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    const page = join(copy, 'docs/options.md');
    writeFileSync(page, readFileSync(page, 'utf8').replace('64MiB', '65MiB'));
    rmSync(join(copy, 'docs/errors.md'));
    const { status, stderr } = check(copy);
    assert.equal(status, 1);
    assert.deepEqual(
      stderr
        .trim()
        .split('\n')
        .map((line) => line.split(' ')[0]),
      ['docs/options.md', 'docs/errors.md'],
    );
  });
});
