import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freePort, isPortFree } from '../support/free-port.ts';
import { temporaryDirectory } from '../support/guarded.ts';
import { ask } from '../support/http-client.ts';
import { refusal } from '../support/refusal.ts';
import { startServer } from '../support/server.ts';

const target = 'https://example.com/';

describe('a server whose port is in use says which, and what to do', () => {
  let other: Server;
  let port: number;
  before(async () => {
    port = await freePort();
    other = createServer();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
  });
  after(() => other?.close());

  test('the port of redirects', async () => {
    const { problems, hint } = await refusal({ flags: { target, port } });
    assert.deepEqual(problems, [
      `The redirect server cannot listen on 127.0.0.1:${port}: the port is in use.`,
    ]);
    assert.equal(hint, 'Stop the program that has it, or choose another with --port.');
  });

  test('the port of redirects, with two listeners', async () => {
    const { problems } = await refusal({ flags: { target, port, listeners: 2 } });
    assert.match(problems[0]!, /the port is in use\.$/);
  });

  test('the port of redirects, where this server would listen on all addresses', async () => {
    const { problems } = await refusal({ flags: { target, port, host: '0.0.0.0' } });
    assert.deepEqual(problems, [`The redirect server cannot listen on 0.0.0.0:${port}: the port is in use.`]);
  });

  test("the admin API's", async () => {
    const free = await freePort();
    const { problems, hint } = await refusal({ flags: { target, port: free, 'admin.port': port } });
    assert.deepEqual(problems, [`The admin API cannot listen on 127.0.0.1:${port}: the port is in use.`]);
    assert.match(hint, /--admin-port\.$/);
    assert.ok(await isPortFree(free));
  });

  test('the health port', async () => {
    const free = await freePort();
    const { problems, hint } = await refusal({ flags: { target, port: free, 'health.port': port } });
    assert.deepEqual(problems, [`The health port cannot listen on 127.0.0.1:${port}: the port is in use.`]);
    assert.match(hint, /--health-port\.$/);
    assert.ok(await isPortFree(free));
  });

  test('a port of another Redirector, though two with reusePort could share it', async () => {
    const first = await startServer({ flags: { target, listeners: 2 } });
    const taken = Number(new URL(first.url).port);
    const { problems } = await refusal({ flags: { target, port: taken, listeners: 2 } });
    assert.deepEqual(problems, [
      `The redirect server cannot listen on 127.0.0.1:${taken}: the port is in use.`,
    ]);
    assert.equal((await ask(first.url)).status, 301);
    await first.stop();
  });

  test('an address that is not of this machine', async () => {
    const { problems, hint } = await refusal({ flags: { target, host: '203.0.113.7', port } });
    assert.deepEqual(problems, [`The redirect server cannot listen on 203.0.113.7:${port}: EADDRNOTAVAIL.`]);
    assert.match(hint, /^Choose an address of this machine/);
  });
});

describe('a server with a mistake in its options says which value and what is allowed', () => {
  const cases: [what: string, flags: Parameters<typeof refusal>[0]['flags'], problem: string][] = [
    [
      'a target that is no URL',
      { target: 'example.com/x' },
      'target: "example.com/x" is not an absolute http:// or https:// URL without spaces or control characters (flag --target). Did you mean https://example.com/x?',
    ],
    [
      'a target with a line break, which would split the answer',
      { target: 'https://example.com/\r\nSet-Cookie: a=b' },
      'target: "https://example.com/\\r\\nSet-Cookie: a=b" is not an absolute http:// or https:// URL without spaces or control characters (flag --target).',
    ],
    [
      'a typing error in the brokers',
      { target, brokers: 'kafka-1:9092,kafka-2' },
      'brokers: "kafka-1:9092,kafka-2" is not a comma-separated list of host:port, such as kafka-1:9092,kafka-2:9092 (flag --brokers). Did you mean kafka-1:9092,kafka-2:9092?',
    ],
    [
      'Kafka without brokers',
      { target, sink: 'kafka' },
      'sink is kafka but no brokers are given: name them with --brokers host:port,... or choose --sink spool.',
    ],
    [
      'neither target nor rules',
      {},
      'Neither target nor rules is given: say where to redirect with --target URL or --rules FILE.',
    ],
    [
      'an admin API that others reach, without a token',
      { target, 'admin.host': '0.0.0.0' },
      'admin.host 0.0.0.0 can be reached by others, so it needs admin.token or admin.tokenFile.',
    ],
    [
      'a status that is no redirect',
      { target, status: 304 },
      'status: "304" is not one of 301, 302, 303, 307, 308 (flag --status).',
    ],
    [
      'a size without its unit',
      { target, 'queue.maxBytes': 1000000 },
      'queue.maxBytes: "1000000" is not a size with its unit, such as 64MiB (B, KiB, MiB, GiB, kB, MB, GB) (flag --queue-max-bytes). Did you mean 1000000B?',
    ],
  ];
  for (const [what, flags, problem] of cases) {
    test(what, async () => {
      const { problems, hint } = await refusal({ flags });
      assert.deepEqual(problems, [problem]);
      assert.match(hint, /docs\/options\.md/);
    });
  }

  test('a misspelt flag, with the one that was meant', async () => {
    const { problems } = await refusal({ flags: ['--tarket', target] });
    assert.equal(problems.length, 1);
    assert.match(problems[0]!, /--tarket.*--target/);
  });

  test('all mistakes at once, wherever they are', async () => {
    const cwd = temporaryDirectory('refused');
    writeFileSync(join(cwd, 'c.yaml'), 'statuss: 302\ntopic: two words\n');
    const { problems } = await refusal({
      cwd,
      flags: ['--config', 'c.yaml', '--sink', 'kafka', '--timeout-read', '2'],
      env: { REDIRECTOR_LISTENERS: 'many', REDIRECTOR_TARGETT: target },
    });
    assert.deepEqual(problems.map((problem) => problem.split(/[: ]/)[0]).sort(), [
      'Neither',
      'REDIRECTOR_TARGETT',
      'listeners',
      'sink',
      'statuss',
      'timeout.read',
      'topic',
    ]);
  });

  test('an unreadable TLS file', async () => {
    const cwd = temporaryDirectory('refused');
    mkdirSync(join(cwd, 'directory.pem'));
    for (const [file, reason] of [
      ['missing.pem', 'no such file or directory'],
      ['directory.pem', 'illegal operation on a directory'],
    ] as const) {
      const { problems } = await refusal({
        cwd,
        flags: { target, brokers: 'localhost:9092', 'tls.enabled': true, 'tls.ca': file },
      });
      assert.equal(problems.length, 1);
      assert.match(problems[0]!, new RegExp(`${file}.*${reason}`));
      assert.match(problems[0]!, /tls\.ca/);
    }
  });

  test('what Kubernetes sets for a Service named redirector is ignored, with one line', async () => {
    const server = await startServer({
      flags: { target },
      env: {
        REDIRECTOR_PORT: 'tcp://10.0.0.1:80',
        REDIRECTOR_PORT_80_TCP: 'tcp://10.0.0.1:80',
        REDIRECTOR_PORT_80_TCP_ADDR: '10.0.0.1',
        REDIRECTOR_SERVICE_HOST: '10.0.0.1',
        REDIRECTOR_ADMIN_SERVICE_PORT_HTTP: '80',
      },
    });
    assert.equal((await ask(server.url)).status, 301);
    const lines = server
      .stderr()
      .split('\n')
      .filter((line) => line.includes('Kubernetes'));
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /REDIRECTOR_PORT, REDIRECTOR_PORT_80_TCP, REDIRECTOR_PORT_80_TCP_ADDR/);
    await server.stop();
  });
});
