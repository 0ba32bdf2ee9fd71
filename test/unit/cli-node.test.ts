import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { version } from '../../src/version.ts';
import { bin, oldNodes, redirector } from './run-redirector.ts';

const folder = mkdtempSync(join(tmpdir(), 'redirector-node-'));
after(() => rmSync(folder, { recursive: true }));

describe('under an old Node', () => {
  const old = oldNodes();
  it('bin/redirector.js finds the pinned Node', {
    skip: old.length === 0 && 'no old Node on PATH',
  }, async () => {
    for (const node of old) {
      assert.equal((await redirector(['--version'], { node })).stdout, `${version()}\n`);
      assert.equal((await redirector(['serv'], { node })).code, 2);
    }
  });

  const lonely = join(folder, 'lonely');
  mkdirSync(join(lonely, 'bin'), { recursive: true });
  copyFileSync(bin, join(lonely, 'bin/redirector.js'));
  copyFileSync(fileURLToPath(new URL('../../package.json', import.meta.url)), join(lonely, 'package.json'));
  const script = join(lonely, 'bin/redirector.js');
  const saysWhatIsNeeded = (
    { code, stdout, stderr }: Awaited<ReturnType<typeof redirector>>,
    found: string,
  ) => {
    assert.equal(code, 2, stderr);
    assert.equal(stdout, '');
    assert.match(
      stderr,
      new RegExp(`^redirector: Node ${found} is too old: Node >= 24\\.12 is needed\\.\n.*npm install`),
    );
  };
  it('and without it says what is needed', { skip: old.length === 0 && 'no old Node on PATH' }, async () => {
    for (const node of old) saysWhatIsNeeded(await redirector(['--help'], { node, script }), '\\d.*');
  });
  it('says so for any version below what is needed', async () => {
    for (const pretended of ['18.0.0', '24.11.9']) {
      const lie = `data:text/javascript,Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${pretended}' } })`;
      saysWhatIsNeeded(await redirector(['--help'], { script, nodeArguments: ['--import', lie] }), pretended);
    }
  });
});
