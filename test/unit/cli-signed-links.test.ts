import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { redirector } from './run-redirector.ts';

const folder = mkdtempSync(join(tmpdir(), 'redirector-signed-'));
after(() => rmSync(folder, { recursive: true }));
const keys = join(folder, 'keys.yaml');
const key = (byte: number): string => Buffer.alloc(32, byte).toString('base64url');
writeFileSync(keys, `old: ${key(1)}\nnew: ${key(2)}\n`);
const TARGET = 'https://partner.example/a%2Fb?x=1&y=%20';

const sign = (...args: string[]) => redirector(['rules', 'sign', ...args, '--signing-keys', keys]);
const verify = (link: string, ...args: string[]) =>
  redirector(['rules', 'verify', link, ...args, '--signing-keys', keys]);

describe('rules sign', () => {
  it('makes a link that rules verify takes, with the last key of the file', async () => {
    const { code, stdout } = await sign(TARGET, '--base', 'https://go.example/r');
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^https:\/\/go\.example\/r\?u=https%3A%2F%2Fpartner\.example.*&k=new&s=[\w-]{43}\n$/,
    );
    const judged = await verify(stdout.trim());
    assert.deepEqual([judged.code, judged.stdout], [0, `ok: ${TARGET}\n`]);
  });
  it('takes the key, the time and the parameter that it is told', async () => {
    const { stdout } = await sign(TARGET, '--key', 'old', '--expires', '1h', '--parameter', 'to', '--json');
    const { link, expires, key: id } = JSON.parse(stdout);
    assert.equal(id, 'old');
    assert.ok(Math.abs(expires - (Date.now() / 1000 + 3600)) < 60);
    assert.match(link, new RegExp(`^to=https.*&e=${expires}&k=old&s=`));
    assert.equal((await verify(link, '--parameter', 'to')).code, 0);
    assert.equal((await verify(link)).code, 1);
  });
  it('makes a key that its file takes', async () => {
    const { code, stdout } = await redirector(['rules', 'sign', '--new-key']);
    assert.equal(code, 0);
    const own = join(folder, 'own.yaml');
    writeFileSync(own, stdout);
    const signed = await redirector(['rules', 'sign', TARGET, '--signing-keys', own]);
    assert.deepEqual([signed.code, signed.stderr], [0, '']);
  });

  const mistakes: [why: string, args: string[], told: RegExp][] = [
    ['nothing to sign', [], /Give a target to sign, or --new-key/],
    ['a key that is not there', [TARGET, '--key', 'none'], /no key "none"; there are old, new/],
    ['a target that no server takes', ['https://a@partner.example/'], /No server would take this target/],
  ];
  for (const [why, args, told] of mistakes) {
    it(`says what is wrong with ${why}`, async () => {
      const { code, stderr } = await sign(...args);
      assert.equal(code, 2);
      assert.match(stderr, told);
    });
  }
  it('never shows a key of the file', async () => {
    for (const { stdout, stderr } of [await sign(TARGET), await sign(TARGET, '--debug', '--key', 'none')]) {
      assert.ok(!stdout.includes(key(1)) && !stderr.includes(key(1)));
      assert.ok(!stdout.includes(key(2)) && !stderr.includes(key(2)));
    }
  });
});

describe('rules verify', () => {
  it('says why a link is refused, and exits 1', async () => {
    const { stdout } = await sign(TARGET);
    const changed = stdout.trim().replace('partner', 'evil');
    const { code, stdout: told } = await verify(changed);
    assert.deepEqual([code, told], [1, 'refused with 403: wrong signature\n']);
    const json = JSON.parse((await verify('u=javascript:alert(1)', '--json')).stdout);
    assert.equal(json.ok, false);
    assert.equal(json.status, 400);
  });
});
