import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config.ts';
import { optionKeys, optionOf } from '../../src/options.ts';
import { temporaryDirectory } from '../support/guarded.ts';
import { redirector } from './run-redirector.ts';

describe('config init', () => {
  const folder = temporaryDirectory('config-init');
  const init = (...args: string[]) => redirector(['config', 'init', ...args], { cwd: folder });

  it('writes a file that passes the check and sets nothing but an example of a target', async () => {
    const { code, stdout, stderr } = await init();
    assert.deepEqual([code, stdout], [0, ''], stderr);
    assert.match(
      stderr,
      /^"redirector.yaml" is written; start with: redirector serve --config redirector.yaml\n$/,
    );
    const path = join(folder, 'redirector.yaml');
    assert.deepEqual(parse(readFileSync(path, 'utf8')), { target: 'https://example.com/' });
    const check = await redirector(['config', 'check', '--config', path]);
    assert.deepEqual([check.code, check.stdout], [0, 'ok\n']);
  });

  it('names every option with its help; without the # its defaults are those of the table', async () => {
    const { stdout } = await init('-');
    const all = parse(stdout.replaceAll(/^#(?=\S)/gm, ''));
    assert.deepEqual(Object.keys(all), [...optionKeys]);
    const words = stdout.replaceAll(/\n# /g, ' ');
    for (const key of optionKeys) {
      const { default: value, help, type } = optionOf(key);
      assert.ok(words.includes(help), key);
      assert.notEqual(type.parse(all[key]), undefined, `${key} does not take ${all[key]}`);
      if (value !== undefined) assert.deepEqual(type.parse(all[key]), value, key);
    }
  });

  it('leaves a file that is there as it is, until --force', async () => {
    const path = join(folder, 'mine.yaml');
    writeFileSync(path, 'port: 81\n');
    const refused = await init('mine.yaml');
    assert.equal(refused.code, 2);
    assert.match(
      refused.stderr,
      /^redirector: The file "mine.yaml" exists already, and is left as it is\.\n/,
    );
    assert.equal(readFileSync(path, 'utf8'), 'port: 81\n');
    assert.equal((await init('mine.yaml', '--force')).code, 0);
    assert.match(readFileSync(path, 'utf8'), /^#port: 8080$/m);
  });

  it('sets what flags and environment set, but no secret', async () => {
    const asked = [
      '--brokers',
      'a:1,b:2',
      '--queue-max-bytes',
      '32MiB',
      '--rules',
      'r.yaml',
      '--cache-control=',
    ];
    const env = { REDIRECTOR_ADMIN_TOKEN: 'hunter2', REDIRECTOR_LINGER: '20ms' };
    const { stdout } = await redirector(['config', 'init', '-', ...asked], { env });
    assert.doesNotMatch(stdout, /hunter2/);
    const path = join(folder, 'set.yaml');
    writeFileSync(path, stdout);
    const { config, origins } = loadConfig({ file: path });
    const set = optionKeys.filter((key) => origins[key] === 'file').map((key) => [key, config[key]]);
    assert.deepEqual(Object.fromEntries(set), {
      rules: 'r.yaml',
      cacheControl: '',
      brokers: ['a:1', 'b:2'],
      linger: 20,
      'queue.maxBytes': 32 * 2 ** 20,
    });
  });

  it('says where it cannot write', async () => {
    const { code, stderr } = await init('no/such/folder.yaml');
    assert.equal(code, 2);
    assert.match(
      stderr,
      /^redirector: "no\/such\/folder.yaml" cannot be written: no such file or directory\.\n/,
    );
    assert.ok(!existsSync(join(folder, 'no')));
  });
});
