import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { exitCode } from '../../src/errors.ts';
import { options } from '../../src/options.ts';
import { bin } from '../support/bin.ts';
import { freePort } from '../support/free-port.ts';
import { spawnGuarded, temporaryDirectory } from '../support/guarded.ts';
import { ask } from '../support/http-client.ts';
import { startServer } from '../support/server.ts';
import { recordsOf } from '../support/spool.ts';
import { waitFor } from '../support/wait-for.ts';

const example = (name: string): string =>
  readFileSync(new URL(`../../examples/${name}`, import.meta.url), 'utf8');
const NGINX = ['/usr/sbin/nginx', '/usr/bin/nginx', '/usr/local/sbin/nginx'].find((path) => existsSync(path));
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

describe('examples/nginx.conf', { skip: NGINX === undefined && 'nginx is not installed' }, () => {
  it('hands on redirects, and records have the address of the client, whatever the client says', async (t) => {
    const server = await startServer({
      flags: { target: 'https://example.com/a?b=c', 'proxy.trusted': '127.0.0.1' },
    });
    t.after(() => server.kill());
    const [folder, port] = [temporaryDirectory('nginx'), await freePort()];
    const path = join(folder, 'nginx.conf');
    mkdirSync(join(folder, 'logs'));
    // What belongs to this run: its ports, and folders that need no rights. The rest is as it stands.
    const conf = example('nginx.conf')
      .replace('server 127.0.0.1:8080;', `server ${new URL(server.url).host};`)
      .replace('listen 80;', `listen 127.0.0.1:${port};`)
      .replace(
        'http {',
        `http {\n${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n')}`,
      );
    assert.equal(conf.match(/127\.0\.0\.1:\d+;/g)?.length, 2);
    writeFileSync(path, conf);
    const globals = `daemon off; pid ${join(folder, 'pid')}; error_log stderr;`;
    const nginx = spawnGuarded(NGINX!, ['-p', folder, '-c', path, '-g', globals], {
      log: join(folder, 'log'),
    });
    t.after(() => nginx.kill('SIGKILL'));
    const url = `http://127.0.0.1:${port}/spring?x=1`;
    const answer = await waitFor('nginx to answer', () => ask(url, { headers: { host: 'go.example.com' } }));
    assert.equal(answer.status, 301, nginx.logTail());
    assert.equal(answer.headers.location, 'https://example.com/a?b=c');
    const forged = { 'x-forwarded-for': '203.0.113.9', host: 'go.example.com' };
    await ask(url, { headers: forged, agent: new Agent({ localAddress: '127.0.0.2' }) });
    const [, record] = await recordsOf(server, 2);
    assert.equal(record!.remote_address, '127.0.0.2');
    assert.deepEqual([record!.host, record!.path], ['go.example.com', '/spring?x=1']);
  });

  it('closes idle connections before Redirector does', () => {
    const seconds = Number(/keepalive_timeout (\d+)s;/.exec(example('nginx.conf'))?.[1]);
    assert.ok(seconds * 1000 < options['timeout.idle'].default);
  });
});

describe('examples/redirector.service', () => {
  const unit = example('redirector.service');

  it('passes systemd-analyze verify', { skip: !hasSystemd && 'systemd-analyze is not installed' }, () => {
    const path = join(temporaryDirectory('unit'), 'redirector.service');
    // It looks whether the program is there.
    writeFileSync(path, unit.replace('/usr/local/bin/redirector', bin));
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', path], {
      encoding: 'utf8',
    });
    assert.deepEqual([status, stderr], [0, '']);
  });

  it('gives the drain its time, and does not start again after a mistake of the configuration', () => {
    const seconds = Number(/^TimeoutStopSec=(\d+)s$/m.exec(unit)?.[1]);
    assert.ok(seconds * 1000 > options['shutdown.grace'].default + options['shutdown.deadline'].default);
    assert.match(unit, new RegExp(`^RestartPreventExitStatus=${exitCode.usage}$`, 'm'));
  });
});
