import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { cacheDirectory, cached } from '../support/cache.ts';
import { portArgument } from '../support/foreground.ts';
import { choosePort, freePort, isPortFree } from '../support/free-port.ts';
import { runGuarded, spawnGuarded, temporaryDirectory } from '../support/guarded.ts';
import { spansOf } from '../support/jaeger-trace.ts';
import { brokerProperties, propertiesText } from '../support/kafka-properties.ts';
import { parseKcatJson } from '../support/kcat.ts';
import { isAlive } from '../support/processes.ts';
import { waitFor } from '../support/wait-for.ts';

const run = promisify(execFile);
const support = new URL('../support/', import.meta.url);

/** Runs TypeScript in a Node of its own; `$support` in it stands for the support folder's URL. */
function node(script: string, env: NodeJS.ProcessEnv = {}) {
  const args = ['--input-type=module-typescript', '-e', script.replaceAll('$support/', support.href)];
  return { args, env: { ...process.env, ...env } };
}

describe('waitFor', () => {
  test('gives the first good value', async () => {
    let tries = 0;
    assert.equal(await waitFor('three tries', () => ++tries, { until: (n) => n === 3, intervalMs: 1 }), 3);
  });

  test('names what was waited for and the last value', async () => {
    const wait = waitFor('the answer', () => ({ answer: 41 }), {
      until: (v) => v.answer === 42,
      timeoutMs: 20,
    });
    await assert.rejects(wait, { message: 'waited 20 ms for the answer: the last value was { answer: 41 }' });
  });

  test('counts an exception as "not yet" and names the last one', async () => {
    let tries = 0;
    const refuse = () => {
      if (++tries < 3) throw new Error(`refused ${tries}`);
      return 'yes';
    };
    assert.equal(await waitFor('yes', refuse, { intervalMs: 1 }), 'yes');
    const never = () => Promise.reject(new Error('refused'));
    await assert.rejects(
      waitFor('yes', never, { timeoutMs: 20 }),
      /for yes: the last try failed with "refused"$/,
    );
  });

  test('ends when a try never answers', async () => {
    await assert.rejects(
      waitFor('it', () => new Promise(() => {}), { timeoutMs: 20 }),
      /no try had ended yet/,
    );
  });

  test('ends at once, with the reason, when its signal is aborted', async () => {
    const ended = new AbortController();
    const tryOnce = () => ended.abort(new Error('it is dead'));
    await assert.rejects(waitFor('life', tryOnce, { signal: ended.signal }), { message: 'it is dead' });
  });
});

describe('ports', () => {
  test('a free port is below the range from which clients get theirs, and is never given twice', async () => {
    const ports = await Promise.all(Array.from({ length: 50 }, freePort));
    assert.equal(new Set(ports).size, 50);
    for (const port of ports) assert.ok(port >= 20_000 && port < 32_768, String(port));
  });

  test('a free port is given to one process, also before that listens there', async () => {
    const script = `
      const { freePort } = await import('$support/free-port.ts');
      console.log(JSON.stringify(await Promise.all(Array.from({ length: 150 }, freePort))));
      process.stdin.resume(); // its ports are its own while it lives`;
    const { args, env } = node(script);
    const processes = [1, 2, 3].map(() => spawn(process.execPath, args, { env }));
    const given = await Promise.all(
      processes.map(async ({ stdout }) => {
        const [line] = (await once(createInterface(stdout), 'line')) as [string];
        return JSON.parse(line) as number[];
      }),
    );
    for (const one of processes) one.kill();
    const ports = given.flat();
    assert.equal(new Set(ports).size, 450);
  });

  test('a port in use is one clear sentence', async (t) => {
    const server = createServer().listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    assert.equal(await isPortFree(port), false);
    await assert.rejects(choosePort(port), {
      message: `port ${port} on 127.0.0.1 is in use: stop what listens there, or choose another port`,
    });
  });

  test('a port on the command line must be one', () => {
    assert.equal(portArgument('port', '9092'), 9092);
    for (const wrong of ['0', '65536', '9092x', '1.5', '-1']) {
      assert.throws(() => portArgument('port', wrong), {
        message: `--port must be a port from 1 to 65535, not "${wrong}"`,
      });
    }
  });
});

describe('the cache', () => {
  test('is outside the tree, where the environment says', () => {
    assert.equal(cacheDirectory({ REDIRECTOR_CACHE: '/a', XDG_CACHE_HOME: '/b' }), '/a');
    assert.equal(cacheDirectory({ XDG_CACHE_HOME: '/b' }), '/b/redirector');
    assert.match(cacheDirectory({}), /\/\.cache\/redirector$/);
  });

  test('a thing is built once when several processes want it', async () => {
    const cache = temporaryDirectory('cache');
    const script = `
      import { appendFileSync } from 'node:fs';
      import { cached } from '$support/cache.ts';
      const path = await cached('thing-1', async (directory) => {
        appendFileSync('${cache}/builds', 'built\\n');
        // Long enough that the other processes meet the lock.
        for (let i = 0; i < 50; i++) await new Promise(setImmediate);
        appendFileSync(directory + '/thing', 'whole');
      });
      console.log(path);`;
    const { args, env } = node(script, { REDIRECTOR_CACHE: cache });
    const builds = await Promise.all(Array.from({ length: 3 }, () => run(process.execPath, args, { env })));
    for (const { stdout } of builds) assert.equal(stdout.trim(), join(cache, 'thing-1'));
    assert.equal(readFileSync(join(cache, 'builds'), 'utf8'), 'built\n');
    assert.equal(readFileSync(join(cache, 'thing-1', 'thing'), 'utf8'), 'whole');
  });

  test('a build that fails, or was killed, leaves nothing that looks finished', async (t) => {
    const cache = temporaryDirectory('cache');
    const before = process.env.REDIRECTOR_CACHE;
    process.env.REDIRECTOR_CACHE = cache;
    t.after(() => {
      if (before === undefined) delete process.env.REDIRECTOR_CACHE;
      else process.env.REDIRECTOR_CACHE = before;
    });
    mkdirSync(join(cache, '.thing-1.building-killed'));
    const fail = async (directory: string) => {
      writeFileSync(join(directory, 'half'), '');
      throw new Error('no network');
    };
    await assert.rejects(cached('thing-1', fail), { message: 'no network' });
    assert.deepEqual(readdirSync(cache), ['.thing-1.lock']);
    const path = await cached('thing-1', async (directory) => writeFileSync(join(directory, 'whole'), ''));
    assert.deepEqual(readdirSync(path), ['whole']);
  });
});

describe('a guarded child', () => {
  const log = join(temporaryDirectory('guarded'), 'log');

  test('tells its exit and the end of its output', async () => {
    const child = spawnGuarded('/bin/sh', ['-c', 'echo one; echo two >&2; exit 3'], { log });
    assert.deepEqual(await child.exited(), { code: 3, signal: null });
    assert.equal(child.logTail(1), 'two');
    child.kill('SIGKILL'); // after its end: nothing happens
  });

  test('that cannot be started, or fails, is an error with its output', async () => {
    await assert.rejects(
      runGuarded('no-such-command', ['x'], { log }),
      /no-such-command x: no-such-command is not installed/,
    );
    const failing = runGuarded('/bin/sh', ['-c', 'echo reason; exit 1'], { log });
    await assert.rejects(failing, /it ended with code 1\n(.*\n)*reason$/);
  });

  const ends: [string, string][] = [
    ['returns', ''],
    ['throws', 'throw new Error("expected by the test");'],
    ['exits', 'process.exit(1);'],
    ['is killed', 'process.kill(process.pid, "SIGKILL");'],
    ['is ended by Ctrl-C', 'process.kill(process.pid, "SIGINT"); await new Promise(setImmediate);'],
  ];
  for (const [how, end] of ends) {
    test(`ends with its folder when the parent ${how}`, async () => {
      const script = `
        import { spawnGuarded, temporaryDirectory } from '$support/guarded.ts';
        const directory = temporaryDirectory('orphan');
        const args = ['-e', 'setInterval(() => {}, 1000); console.log("up")'];
        const child = spawnGuarded(process.execPath, args, { log: directory + '/log' });
        while (!child.logTail().includes('up')) await new Promise((resolve) => setTimeout(resolve, 10));
        process.stdout.write(JSON.stringify({ pid: child.pid, directory }) + '\\n', () => {});
        await new Promise((resolve) => process.stdin.once('data', resolve));
        process.stdin.destroy();
        ${end}`;
      const { args, env } = node(script);
      const parent = spawn(process.execPath, args, { env, stdio: ['pipe', 'pipe', 'ignore'] });
      const [line] = await once(createInterface(parent.stdout), 'line');
      const { pid, directory } = JSON.parse(line as string) as { pid: number; directory: string };
      assert.ok(isAlive(pid));
      parent.stdin.write('go');
      await once(parent, 'exit');
      await waitFor('the child to be gone', () => !isAlive(pid));
      await waitFor('its folder to be gone', () => !existsSync(directory));
    });
  }
});

describe('a part that cannot be had', () => {
  const script = `
    import { realPart } from '$support/real-parts.ts';
    console.log(await realPart('kcat'));
    console.log(await realPart('kcat'));`;
  const nowhere = { PATH: '/nonexistent', TEST_RUN_OF_REDIRECTOR: undefined };

  test('is, locally, a reason to skip and one loud line', async () => {
    const { args, env } = node(script, { ...nowhere, CI: '' });
    const { stdout, stderr } = await run(process.execPath, args, { env });
    assert.equal(stdout, 'no real kcat: kcat is not installed (Debian: apt-get install kcat)\n'.repeat(2));
    assert.equal(stderr.match(/TESTS ARE SKIPPED: the real kcat cannot be had/g)?.length, 1);
  });

  test('is an error in CI', async () => {
    const { args, env } = node(script, { ...nowhere, CI: 'true' });
    await assert.rejects(
      run(process.execPath, args, { env }),
      /CI needs the real kcat: kcat is not installed/,
    );
  });
});

describe('what the real parts read and write', () => {
  test('kcat gives every byte back, whatever it is', () => {
    const line = Buffer.concat([
      Buffer.from('{"topic":"t","partition":1,"offset":7,"ts":5,"key":"'),
      Buffer.from([0xff, 0xc3]),
      Buffer.from('\\u0000","payload":null,"headers":["a","'),
      Buffer.from('ä'),
      Buffer.from('","a",null]}\n'),
    ]);
    assert.deepEqual(parseKcatJson(line), [
      {
        partition: 1,
        offset: 7,
        timestamp: 5,
        key: Buffer.from([0xff, 0xc3, 0]),
        value: null,
        headers: [
          { name: 'a', value: Buffer.from('ä') },
          { name: 'a', value: null },
        ],
      },
    ]);
    assert.deepEqual(parseKcatJson(Buffer.alloc(0)), []);
  });

  test('three brokers replicate to three and need two, one needs one', () => {
    const nodes = [1, 2, 3].map((id) => ({ id, port: 9091 + id, controllerPort: 19091 + id }));
    const three = brokerProperties(nodes[0]!, nodes, '/data');
    assert.equal(three['controller.quorum.voters'], '1@127.0.0.1:19092,2@127.0.0.1:19093,3@127.0.0.1:19094');
    assert.equal(three['default.replication.factor'], 3);
    assert.equal(three['min.insync.replicas'], 2);
    const one = brokerProperties(nodes[0]!, nodes.slice(0, 1), '/data', { partitions: 6 });
    assert.equal(one['default.replication.factor'], 1);
    assert.equal(one['min.insync.replicas'], 1);
    assert.equal(one['num.partitions'], 6);
    assert.equal(propertiesText({ a: 'b\\c', d: true }), 'a=b\\\\c\nd=true\n');
  });

  test('OTLP spans become plain ones', () => {
    const spans = spansOf([
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'redirector' } }] },
        scopeSpans: [
          {
            scope: { name: 's' },
            spans: [
              {
                traceId: 't',
                spanId: '1',
                name: 'GET /',
                kind: 2,
                startTimeUnixNano: '1544712660000000001',
                endTimeUnixNano: '1544712660000000002',
                attributes: [
                  { key: 'code', value: { intValue: '301' } },
                  { key: 'ok', value: { boolValue: false } },
                  { key: 'list', value: { arrayValue: { values: [{ doubleValue: 0.5 }] } } },
                ],
              },
            ],
          },
        ],
      },
    ]);
    assert.deepEqual(spans, [
      {
        traceId: 't',
        spanId: '1',
        parentSpanId: undefined,
        name: 'GET /',
        kind: 'SERVER',
        attributes: { code: 301, ok: false, list: [0.5] },
        status: { code: 'UNSET', message: '' },
        startTime: 1544712660000000001n,
        endTime: 1544712660000000002n,
        events: [],
        links: [],
        resource: { 'service.name': 'redirector' },
        scope: 's',
      },
    ]);
  });
});
