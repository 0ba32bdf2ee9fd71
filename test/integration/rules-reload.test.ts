import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { temporaryDirectory } from '../support/guarded.ts';
import { ask } from '../support/http-client.ts';
import { evaluateInThread } from '../support/inspector.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { waitFor } from '../support/wait-for.ts';

const folder = temporaryDirectory('rules-reload');
let files = 0;

/** A rules file whose every target names its version. */
const rulesOf = (version: number, paths = 1): string =>
  JSON.stringify({
    rules: Array.from({ length: paths }, (_, at) => ({
      path: `/${at}`,
      target: `https://example.com/v${version}/${at}`,
      status: version % 2 === 0 ? 302 : 301,
    })),
  });

function rulesFile(text: string): string {
  const path = join(folder, `rules-${++files}.json`);
  writeFileSync(path, text);
  return path;
}
/** As editors and deployments do it: a new file takes the place of the old one. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
const inForce = (server: RunningServer, version: number) =>
  server.waitForStats(`rules ${version} in every listener`, ({ listeners, rules }) =>
    [rules.version, ...listeners.map(({ rulesVersion }) => rulesVersion)].every((one) => one === version),
  );

describe('rules that change', () => {
  test('are in force soon after their file was replaced, in every listener', async () => {
    const path = rulesFile(rulesOf(1));
    const server = await startServer({ flags: { rules: path, listeners: 2 } });
    const before = await inForce(server, 1);
    replace(path, rulesOf(2));
    const after = await inForce(server, 2);
    assert.notEqual(after.rules.hash, before.rules.hash);
    for (let n = 0; n < 20; n++) {
      assert.equal((await ask(`${server.url}/0`)).headers.location, 'https://example.com/v2/0');
    }
    assert.equal((await server.stop()).lastLine.ledger.unaccounted, 0);
  });

  test('are read at once on SIGHUP, which leaves the server running', async () => {
    const path = rulesFile(rulesOf(1));
    const server = await startServer({ flags: { rules: path } });
    replace(path, rulesOf(2));
    server.kill('SIGHUP');
    await inForce(server, 2);
    server.kill('SIGHUP'); // nothing has changed since
    replace(path, rulesOf(3));
    server.kill('SIGHUP');
    const { rules } = await inForce(server, 3);
    assert.equal(rules.lastError, null);
    assert.equal((await server.stop()).code, 0);
  });

  test('stay as they were when the new file is bad, and it is told why with the line', async () => {
    const path = rulesFile(rulesOf(1));
    const server = await startServer({ flags: { rules: path } });
    replace(path, 'rules:\n  - path: /0\n    target: example.com\n');
    const { rules } = await server.waitForStats('the mistake', (stats) => stats.rules.lastError !== null);
    assert.match(rules.lastError!, /target "example\.com" is not .* \(line 3\)/);
    assert.equal(rules.version, 1);
    assert.equal((await ask(`${server.url}/0`)).headers.location, 'https://example.com/v1/0');
    assert.match(server.stderr(), /The rules stay as they were\./);
    replace(path, rulesOf(2));
    assert.equal((await inForce(server, 2)).rules.lastError, null);
    await server.stop();
  });

  test('are those of a listener that is replaced later, too', async () => {
    const path = rulesFile(rulesOf(1));
    const port = await freePort();
    const env = { NODE_OPTIONS: `--inspect=127.0.0.1:${port}` };
    const server = await startServer({ flags: { rules: path }, env });
    replace(path, rulesOf(2));
    await inForce(server, 2);
    await evaluateInThread(port, 'listener 0', 'process.exit(1)');
    await server.waitForStats(
      'a new listener',
      ({ listeners: [first] }) => first?.restarts === 1 && first.state === 'running',
    );
    const { headers } = await waitFor('an answer', () => ask(`${server.url}/0`));
    assert.equal(headers.location, 'https://example.com/v2/0');
    await server.stop();
  });

  test('while requests come explain every answer: each is wholly of the old or the new ones', async () => {
    const PATHS = 2000;
    const path = rulesFile(rulesOf(1, PATHS));
    const server = await startServer({ flags: { rules: path, listeners: 2 } });
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const RELOADS = 10;
    let version = 1;
    let isOver = false;
    let answers = 0;
    const client = async (): Promise<void> => {
      while (!isOver) {
        const least = version;
        const at = Math.floor(Math.random() * PATHS);
        const { status, headers } = await ask(`${server.url}/${at}`, { agent });
        const [, told] = /^https:\/\/example\.com\/v(\d+)\/(\d+)$/.exec(headers.location ?? '') ?? [];
        assert.equal(headers.location, `https://example.com/v${told}/${at}`);
        assert.equal(status, Number(told) % 2 === 0 ? 302 : 301, 'status and target are of one version');
        assert.ok(
          Number(told) >= least && Number(told) <= version + 1,
          `${told}, not ${least} to ${version + 1}`,
        );
        answers++;
      }
    };
    const clients = Array.from({ length: 8 }, client);
    while (version <= RELOADS) {
      replace(path, rulesOf(version + 1, PATHS));
      server.kill('SIGHUP');
      await Promise.race([inForce(server, version + 1), Promise.all(clients)]);
      version++;
    }
    isOver = true;
    await Promise.all(clients);
    agent.destroy();
    assert.ok(answers > RELOADS);
    assert.equal((await server.stop()).lastLine.ledger.offered, answers);
  });
});
