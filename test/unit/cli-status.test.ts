import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, it } from 'node:test';
import { type Stats, statusRows } from '../../src/cli/status-rows.ts';
import { bin, cleanEnvironment } from '../support/bin.ts';
import { freePort } from '../support/free-port.ts';
import { temporaryDirectory } from '../support/guarded.ts';
import { redirector } from './run-redirector.ts';

describe('status', () => {
  const stats = {
    version: '9.9.9',
    uptimeSeconds: 12.3,
    state: 'serving',
    requests: { total: 12345, byStatus: { 301: 12340, 404: 5 } },
    ledger: { offered: 12345, delivered: 12000, dropped: { queue_full: 45, evicted: 0 }, queued: 300 },
    queue: {
      bytes: 2 ** 20,
      maxBytes: 64 * 2 ** 20,
      records: 300,
      highWaterBytes: 2 ** 21,
      highWaterRecords: 400,
      oldestAgeSeconds: 0.2,
      secondsUntilFull: null,
    },
    sink: {
      kind: 'kafka',
      state: 'degraded',
      lastError: 'no leader',
      partitions: 2,
      ackMs: 49.6,
      maxRecordsPerSecond: 40000.4,
    },
    spool: null,
    listeners: [{ id: 0, state: 'running', restarts: 1 }],
  };
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.url} ${request.headers.authorization ?? '-'}`);
    if (request.headers.authorization === 'Bearer wrong') response.writeHead(401).end();
    else if (request.headers.authorization === 'Bearer html') response.end('<html>');
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(stats));
  });
  const address = new Promise<string>((resolve) => {
    server.listen(0, '127.0.0.1', () =>
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    );
  });
  after(() => server.close());

  it('prints a compact table', async () => {
    const { code, stdout } = await redirector(['status', '--admin-url', await address]);
    assert.equal(code, 0);
    assert.match(stdout, /^server +serving, version 9\.9\.9, up 12 s$/m);
    assert.match(stdout, /^requests +12,345 \(301 12,340, 404 5\)$/m);
    assert.match(stdout, /^ledger dropped +queue_full 45$/m);
    assert.match(stdout, /^queue +300 records, 1\.0 MiB of 64\.0 MiB/m);
    assert.match(
      stdout,
      /^sink +kafka, degraded, at most 40,000 records a second \(2 partitions, 50 ms to an ack\): no leader$/m,
    );
    assert.match(stdout, /^listeners +listener 0 running \(replaced: 1\)$/m);
  });
  it('with --json prints what the server said, and sends the token', async () => {
    const env = { REDIRECTOR_ADMIN_TOKEN: 't0ken', REDIRECTOR_ADMIN_PORT: new URL(await address).port };
    const { stdout } = await redirector(['status', '--json'], { env });
    assert.deepEqual(JSON.parse(stdout), stats);
    assert.equal(seen.at(-1), '/api/v1/stats Bearer t0ken');
  });
  it('takes the token from a file, without its line end', async () => {
    const tokenFile = join(temporaryDirectory('token'), 'token');
    writeFileSync(tokenFile, 't0ken\n');
    const url = ['--admin-url', await address];
    const { code } = await redirector(['status', ...url, '--admin-token-file', tokenFile]);
    assert.equal(code, 0);
    assert.equal(seen.at(-1), '/api/v1/stats Bearer t0ken');
  });
  it('exits 3 where it is refused, where nothing listens, and where something else does', async () => {
    for (const [url, token, reason] of [
      [await address, 'wrong', /it wants a token/],
      [await address, 'html', /is not JSON/],
      [`http://127.0.0.1:${await freePort()}`, 'x', /ECONNREFUSED/],
    ] as const) {
      const { code, stdout, stderr } = await redirector([
        'status',
        '--admin-url',
        url,
        '--admin-token',
        token,
      ]);
      assert.equal(code, 3);
      assert.equal(stdout, '');
      assert.match(stderr, reason);
    }
  });
});

describe('the row of the queue', () => {
  const shown = (secondsUntilFull: number | null): string => {
    const queue = {
      bytes: 0,
      maxBytes: 2 ** 26,
      records: 0,
      highWaterBytes: 0,
      oldestAgeSeconds: 0,
      secondsUntilFull,
    };
    const stats: Stats = { queue };
    return statusRows(stats).find(([name]) => name === 'queue')![1];
  };

  it('says when the queue will be full, if that is within a day', () => {
    assert.match(shown(90.4), /oldest 0 s, full in 90 s$/);
    for (const later of [null, 100_000]) assert.match(shown(later), /oldest 0 s$/);
  });
});

describe('status --watch', () => {
  /** The server was started anew with the third look, and is away at the fourth. */
  const looks = [
    {
      boot: 'a',
      state: 'serving',
      requests: { total: 10, byStatus: {} },
      ledger: { delivered: 10, dropped: {} },
    },
    {
      boot: 'a',
      state: 'serving',
      requests: { total: 30, byStatus: {} },
      ledger: { delivered: 20, dropped: { queue_full: 5 } },
    },
    {
      boot: 'b',
      state: 'serving',
      requests: { total: 1, byStatus: {} },
      ledger: { delivered: 1, dropped: {} },
    },
    undefined,
    {
      boot: 'b',
      state: 'serving',
      requests: { total: 2, byStatus: {} },
      ledger: { delivered: 2, dropped: {} },
    },
  ];

  /** Watches a server of these looks until the last one was shown, then interrupts. */
  async function watch(...flags: string[]): Promise<{ lines: string[]; code: number | null }> {
    let look = 0;
    const server = createServer((_, response) => {
      const stats = looks[Math.min(look++, looks.length - 1)];
      if (stats === undefined) response.socket!.destroy();
      else response.setHeader('content-type', 'application/json').end(JSON.stringify(stats));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const args = [bin, 'status', '--watch', '--interval', '20ms', '--admin-url', url, ...flags];
    const child = spawn(process.execPath, args, {
      env: cleanEnvironment(),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      if (lines.push(line) === looks.length) child.kill('SIGINT');
    }
    if (child.exitCode === null) await once(child, 'exit');
    server.close();
    return { lines, code: child.exitCode };
  }

  it('prints one line each time where it is no terminal, survives a restart, and ends well on Ctrl-C', async () => {
    const { lines, code } = await watch();
    assert.equal(code, 0);
    assert.match(lines[0]!, /^\d\d:\d\d:\d\d {2}serving {2}requests 10 {2}delivered 10 {2}dropped 0$/);
    assert.match(
      lines[1]!,
      /requests 30 \([\d,]+\/s\) {2}delivered 20 \([\d,]+\/s\) {2}dropped 5 \([\d,]+\/s\)$/,
    );
    assert.match(lines[2]!, /requests 1 {2}delivered 1 {2}dropped 0$/, 'no rate across a restart');
    assert.match(lines[3]!, /No answer from http/);
    assert.match(lines[4]!, /requests 2 {2}delivered 2/);
  });

  it('with --json prints one document a line, with rates where they are known', async () => {
    const { lines, code } = await watch('--json');
    assert.equal(code, 0);
    const documents = lines.map((line) => JSON.parse(line));
    const { requests, delivered } = documents[1].perSecond;
    assert.ok(requests > 0 && Math.abs(requests - 2 * delivered) < 1, JSON.stringify(documents[1].perSecond));
    assert.deepEqual([documents[0].perSecond, documents[2].perSecond], [null, null]);
    assert.match(documents[3].error, /^No answer from /);
  });
});
