import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cleanEnvironment } from '../support/bin.ts';
import { commandOf, copyContext, dockerfileSteps } from '../support/dockerfile.ts';
import { freePort } from '../support/free-port.ts';
import { runGuarded, spawnGuarded, temporaryDirectory } from '../support/guarded.ts';
import { ask } from '../support/http-client.ts';
import { waitFor } from '../support/wait-for.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const steps = dockerfileSteps(join(root, 'Dockerfile'));
const step = (name: string) => steps.find(({ instruction }) => instruction === name)!;

describe('the image of the Dockerfile', () => {
  const directory = temporaryDirectory('image');
  const app = join(directory, 'app');
  const log = join(directory, 'log');

  before(async () => {
    const context = join(directory, 'context');
    copyContext(root, context);
    mkdirSync(app);
    for (const { instruction, rest } of steps) {
      if (instruction === 'COPY') {
        const [to, ...from] = rest.split(' ').toReversed();
        for (const path of from) {
          cpSync(join(context, path), from.length > 1 || to === './' ? join(app, path) : join(app, to!), {
            recursive: true,
          });
        }
      }
      if (instruction === 'RUN' && rest.startsWith('npm ci')) {
        // Without what follows `&&`: that clears the cache of whoever runs the tests.
        const command = rest.split(' && ')[0]!.split(' ');
        await runGuarded(command[0]!, [...command.slice(1), '--prefer-offline'], { log, cwd: app });
      }
    }
  });

  it('has the Node that the lock file pins, and a user that is not root', () => {
    const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    assert.equal(step('FROM').rest, `node:${devDependencies.node}-slim`);
    assert.match(step('USER').rest, /^[1-9]\d*:[1-9]\d*$/);
  });

  it('serves with nothing but what was copied, is healthy, and drains when it is told to end', async (t) => {
    const port = await freePort();
    const adminPort = await freePort();
    const [program, ...entry] = commandOf(step('ENTRYPOINT'));
    assert.equal(program, 'node');
    const env = {
      ...cleanEnvironment(),
      REDIRECTOR_TARGET: 'https://example.com/',
      REDIRECTOR_PORT: String(port),
      REDIRECTOR_ADMIN_PORT: String(adminPort),
      REDIRECTOR_SPOOL_PATH: join(directory, 'spool.db'),
    };
    const server = spawnGuarded(process.execPath, [...entry, ...commandOf(step('CMD'))], {
      log,
      cwd: app,
      env,
    });
    t.after(() => server.kill('SIGKILL'));

    const [, ...check] = commandOf(step('HEALTHCHECK'));
    const isHealthy = () => run(process.execPath, check, { env, cwd: app });
    await waitFor('the health check to pass', isHealthy, { timeoutMs: 30_000 });
    // Health says that the process lives; listeners come last.
    await waitFor('a redirect', () => ask(`http://127.0.0.1:${port}/`), {
      until: ({ status }) => status === 301,
    });

    server.kill('SIGTERM');
    assert.deepEqual(await server.exited(), { code: 0, signal: null });
    assert.match(server.logTail(1), /"offered":1,/);
    await assert.rejects(isHealthy());
  });
});
