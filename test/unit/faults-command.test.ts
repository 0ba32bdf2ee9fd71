import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { faults } from '../faults/catalogue.ts';

const program = fileURLToPath(new URL('../faults/main.ts', import.meta.url));
const run = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });

describe('npm run faults', () => {
  it('lists every fault in its help', () => {
    const { status, stdout } = run('--help');
    assert.equal(status, 0);
    for (const { name } of faults) assert.ok(stdout.includes(`\n             ${name}\n`), name);
  });

  const mistakes: [args: string[], said: RegExp][] = [
    [['--fault', 'no-such'], /there is no fault "no-such"/],
    [['--fault', 'broker-killed', '--write', 'docs/faults.md'], /--write writes the whole table/],
    [['--rps', 'many'], /--rps must be a number above 0, not "many"/],
    [['--seconds', '0'], /--seconds must be a number above 0/],
    [['--speed', '1'], /--speed/],
  ];
  for (const [args, said] of mistakes) {
    it(`refuses ${args.join(' ')} before anything is started`, () => {
      const { status, stdout, stderr } = run(...args);
      assert.equal(status, 2);
      assert.equal(stdout, '');
      assert.match(stderr, said);
    });
  }
});
