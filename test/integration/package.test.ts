import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../support/free-port.ts';
import { spawnGuarded } from '../support/guarded.ts';
import { ask } from '../support/http-client.ts';
import { type InstalledPackage, installPackage } from '../support/installed-package.ts';
import { oldestNode } from '../support/oldest-node.ts';
import { realPart } from '../support/real-parts.ts';
import { waitFor } from '../support/wait-for.ts';
import { codeBlocks } from '../unit/markdown.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const withoutNode = await realPart('oldest-node');

describe('the package, installed in an empty folder with only Node', { timeout: 240_000 }, () => {
  let installed: InstalledPackage;
  let run: (program: string, ...args: string[]) => Promise<{ stdout: string; stderr: string }>;

  before(async () => {
    installed = await installPackage();
    const { directory: cwd, env } = installed;
    run = (program, ...args) => promisify(execFile)(program, args, { cwd, env, timeout: 120_000 });
  });

  it('has what runs, its types, its source maps and its documents, and nothing of its development', () => {
    for (const path of installed.files) {
      assert.match(
        path,
        /^(?:dist\/(?:(?:src|loadtest)\/|sbom\.cdx\.json$)|bin\/|docs\/|(?:README|CHANGELOG)\.md$|LICENSE$|package\.json$)/,
      );
      assert.doesNotMatch(path, /\/(?:bench|peers|test)\//);
    }
    const files = globSync(['src/**/*.*', 'loadtest/{*.*,cases/*,html/*}'], { cwd: root });
    const made = files.flatMap((path) => {
      const compiled = ['.js', '.js.map', '.d.ts'].map((ending) => path.replace(/\.ts$/, ending));
      return (path.endsWith('.ts') ? compiled : [path]).map((name) => `dist/${name}`);
    });
    assert.deepEqual(
      made.filter((path) => !installed.files.includes(path)),
      [],
    );
  });

  it('runs on the oldest Node that it asks for as on any other', {
    skip: withoutNode,
  }, async () => {
    const { directory } = installed;
    const node = await oldestNode();
    const redirector = (...args: string[]) => run(node, 'node_modules/.bin/redirector', ...args);
    assert.ok((await run(node, '--version')).stdout.startsWith('v24.12.'));
    const example = codeBlocks(readFileSync(join(root, 'docs/api.md'), 'utf8'))[0]!;
    writeFileSync(join(directory, 'oldest.ts'), example);
    assert.deepEqual(await run(node, 'oldest.ts'), {
      stdout: '301 https://example.com/\n1 offered, 0 lost\n',
      stderr: '',
    });
    const { stderr } = await redirector('config', 'check', '--target', 'https://example.com/');
    assert.equal(stderr, '');
    const words = '--rps 100 --duration 1 --max-p99 1m --target https://example.com/ --json'.split(' ');
    const loadtest = await redirector('loadtest', ...words);
    assert.equal(JSON.parse(loadtest.stdout).reconciled, true);
    // Such as that node:sqlite is experimental.
    assert.doesNotMatch(loadtest.stderr, /warning/i);
  });

  it('answers npx redirector --help', async () => {
    assert.match((await run('npx', 'redirector', '--help')).stdout, /redirector serve/);
  });

  it('serves, records a click that spool tail shows, and loads nothing that it does not use', async (t) => {
    const { directory: cwd, env } = installed;
    const [port, adminPort] = [await freePort(), await freePort()];
    const words = `serve --target https://example.com/ --port ${port} --admin-port ${adminPort}`.split(' ');
    // Says of every thread which files it has loaded.
    const NODE_V8_COVERAGE = join(cwd, 'loaded');
    const server = spawnGuarded(process.execPath, ['node_modules/.bin/redirector', ...words], {
      log: join(cwd, 'serve.log'),
      cwd,
      env: { ...env, NODE_V8_COVERAGE },
    });
    t.after(() => server.kill('SIGKILL'));
    await waitFor('a redirect', () => ask(`http://127.0.0.1:${port}/spring`), {
      until: ({ status }) => status === 301,
      timeoutMs: 30_000,
    });
    for (const path of ['/', '/page/main.js', '/page/uplot.js'])
      assert.equal((await ask(`http://127.0.0.1:${adminPort}${path}`)).status, 200, path);
    server.kill('SIGTERM');
    assert.deepEqual(await server.exited(), { code: 0, signal: null });

    const { stdout } = await run('node_modules/.bin/redirector', 'spool', 'tail');
    assert.equal(JSON.parse(stdout.trim()).path, '/spring');

    const reports = globSync('*.json', { cwd: NODE_V8_COVERAGE }).map((name) =>
      readFileSync(join(NODE_V8_COVERAGE, name), 'utf8'),
    );
    const loaded = (part: string): boolean => reports.some((report) => report.includes(part));
    for (const thread of ['supervisor', 'listener', 'spooler'])
      assert.ok(loaded(`/server/${thread}.js`), thread);
    for (const unused of [
      '@opentelemetry',
      'autocannon',
      'hdr-histogram-js',
      'kafkajs',
      'cli-progress',
      'csv-parse',
    ]) {
      assert.ok(!loaded(`/node_modules/${unused}/`), unused);
    }
  });

  it('runs a load test', async () => {
    const words = 'loadtest --rps 200 --duration 2 --target https://example.com/ --json'.split(' ');
    // Where the machine is busy the verdict on times can be no, and the exit code 1; the counts must agree all the same.
    const { stdout } = await run('node_modules/.bin/redirector', ...words).catch(
      (error: { stdout: string }) => error,
    );
    const { answered, reconciled } = JSON.parse(stdout);
    assert.deepEqual({ answered, reconciled }, { answered: 400, reconciled: true });
  });

  it('knows the cases of load tests that come with it, and runs one with its report', async () => {
    const { directory } = installed;
    const listed = JSON.parse(
      (await run('node_modules/.bin/redirector', 'loadtest', '--cases', '--json')).stdout,
    );
    const ours = globSync('*.yaml', { cwd: join(root, 'loadtest/cases') });
    assert.deepEqual(listed.map(({ name }: { name: string }) => `${name}.yaml`).sort(), ours.sort());

    writeFileSync(
      join(directory, 'small.yaml'),
      `version: 1
description: A second of little load.
kafka: 0
load: { phases: [{ rps: 100, duration: 1s }] }
thresholds: { maxP99: 1m }`,
    );
    const words = 'loadtest --case ./small.yaml --report report.html --json'.split(' ');
    const { verdict, sent } = JSON.parse((await run('node_modules/.bin/redirector', ...words)).stdout);
    assert.deepEqual({ verdict, sent }, { verdict: 'pass', sent: 100 });
    assert.match(readFileSync(join(directory, 'report.html'), 'utf8'), /^<!doctype html>/i);
  });

  it('gives a program what docs/api.md shows, with types', async () => {
    const { directory } = installed;
    const page = readFileSync(join(root, 'docs/api.md'), 'utf8');
    writeFileSync(join(directory, 'example.ts'), codeBlocks(page)[0]!);
    writeFileSync(
      join(directory, 'wrong.ts'),
      `import { createRedirector } from 'redirector';
       // @ts-expect-error there is no such option
       createRedirector({ targt: 'https://example.com/' });
       // @ts-expect-error a choice
       createRedirector({ status: 299 });`,
    );
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const checked = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--types', 'node'];
    await assert.doesNotReject(run(process.execPath, tsc, ...checked, 'example.ts', 'wrong.ts'));

    const { stdout, stderr } = await run(process.execPath, 'example.ts');
    assert.deepEqual([stdout, stderr], ['301 https://example.com/\n1 offered, 0 lost\n', '']);
    const shown = stdout
      .trim()
      .split('\n')
      .map((line) => `\`${line}\``);
    assert.ok(page.includes(`It prints ${shown.join(' and ')}.`));
  });
});
