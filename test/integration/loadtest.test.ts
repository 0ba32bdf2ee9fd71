import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { SearchReport } from '../../loadtest/find-max.ts';
import type { LoadtestReport } from '../../loadtest/report.ts';
import { freePort } from '../support/free-port.ts';
import { sharedKafka } from '../support/shared.ts';
import { createTopic, topicsOf } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';

const BIN = fileURLToPath(new URL('../../bin/redirector.js', import.meta.url));

/** An environment without options of ours, with a folder for temporary files that is this test's alone. */
function environment(t: TestContext): { env: NodeJS.ProcessEnv; temporary: string } {
  const temporary = mkdtempSync(join(tmpdir(), 'redirector-test-'));
  t.after(() => rmSync(temporary, { recursive: true, force: true }));
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('REDIRECTOR_'));
  return { env: { ...Object.fromEntries(inherited), TMPDIR: temporary }, temporary };
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the command; `ended` resolves with all that it printed. */
function start(t: TestContext, args: readonly string[], env: NodeJS.ProcessEnv) {
  const child: ChildProcess = spawn(process.execPath, [BIN, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended, printed: () => stdout + stderr };
}

async function loadtest(t: TestContext, args: readonly string[], env: NodeJS.ProcessEnv) {
  const { ended } = start(t, ['loadtest', ...args, '--json'], env);
  const { code, stdout, stderr } = await ended;
  assert.notEqual(stdout, '', stderr);
  return { code, report: JSON.parse(stdout) as LoadtestReport, stderr };
}

/** What a run says when the machine that the test runs on was busy with something else: true, and no fault of ours. */
const BUSY_MACHINE = /answers a second were reached of|The load generator itself could not keep up/;

/** All that must hold of a run in which `count` requests were sent and all was well. */
function assertPass({ code, report }: { code: number | null; report: LoadtestReport }, count: number): void {
  assert.deepEqual(
    report.reasons.filter((reason) => !BUSY_MACHINE.test(reason)),
    [],
  );
  assert.equal(report.verdict, report.reasons.length === 0 ? 'pass' : 'fail');
  assert.equal(code, report.verdict === 'pass' ? 0 : 1);
  assert.equal(report.sent, count);
  assert.equal(report.answered, count);
  assert.equal(report.failed, 0);
}

describe('a server of its own', () => {
  test('with a temporary topic: every record is found, and the topic is gone afterwards', async (t) => {
    const { env, temporary } = environment(t);
    const { brokers } = await sharedKafka();
    const args = ['--rps', '2000', '--duration', '3', '--brokers', brokers.join(','), '--topic', 'clicks'];
    const run = await loadtest(t, args, env);
    assertPass(run, 6000);
    const { topic, server, reconciled } = run.report;
    assert.equal(reconciled, true);
    assert.equal(topic?.found, 6000);
    assert.equal(topic?.duplicates, 0);
    assert.match(topic?.name ?? '', /^clicks\.loadtest\.\w+$/);
    assert.equal(server?.offered, 6000);
    assert.equal(server?.delivered, 6000);
    assert.ok(!(await topicsOf(brokers)).some((name) => name.startsWith('clicks.')));
    assert.deepEqual(readdirSync(temporary), []);
  });

  test('with records of the Go program, which all count', async (t) => {
    const { env } = environment(t);
    const { brokers } = await sharedKafka();
    const args = [
      '--rps',
      '500',
      '--duration',
      '1',
      '--brokers',
      brokers.join(','),
      '--record-format',
      'go-compat',
    ];
    const run = await loadtest(t, args, env);
    assertPass(run, 500);
    assert.equal(run.report.topic?.found, 500);
  });

  test('with a temporary spool, which is gone afterwards', async (t) => {
    const { env, temporary } = environment(t);
    const run = await loadtest(t, ['--rps', '2000', '--duration', '3'], env);
    assertPass(run, 6000);
    const { topic, server, reconciled } = run.report;
    assert.equal(reconciled, true);
    assert.equal(topic?.kind, 'spool');
    assert.equal(topic?.found, 6000);
    assert.equal(server?.spooled, 6000);
    assert.deepEqual(readdirSync(temporary), []);
  });

  test('as fast as it goes', async (t) => {
    const { env } = environment(t);
    const { code, report } = await loadtest(t, ['--max', '--duration', '2'], env);
    assert.equal(report.failed, 0);
    assert.equal(report.answered, report.sent);
    assert.equal(report.server?.offered, report.answered);
    assert.equal(report.reconciled, true, report.reasons.join(' '));
    assert.equal(code, report.verdict === 'pass' ? 0 : 1);
  });

  test('that cannot start is an error with what it said', async (t) => {
    const { env } = environment(t);
    const { ended } = start(t, ['loadtest', '--rules', join(tmpdir(), 'no-such-rules.yaml')], env);
    const { code, stdout, stderr } = await ended;
    assert.equal(code, 3, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /ended before it was ready: The rules file .*no-such-rules\.yaml/);
  });

  test('is stopped, and its topic deleted, when the load test is interrupted', async (t) => {
    const { env, temporary } = environment(t);
    const { brokers } = await sharedKafka();
    const args = [
      'loadtest',
      '--rps',
      '100',
      '--duration',
      '60',
      '--brokers',
      brokers.join(','),
      '--topic',
      'cut',
    ];
    const { child, ended } = start(t, args, env);
    await waitFor('the temporary topic', async () =>
      (await topicsOf(brokers)).some((name) => name.startsWith('cut.loadtest.')),
    );
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    assert.equal(code, 130, stderr);
    // Brokers name a topic for a moment after they have confirmed that it is deleted.
    await waitFor('the topic to be gone', async () =>
      (await topicsOf(brokers)).every((name) => !name.startsWith('cut.')),
    );
    assert.deepEqual(readdirSync(temporary), []);
  });
});

describe('a case', () => {
  const assertReported = (report: LoadtestReport, name: string, scale: number): void => {
    assert.equal(report.case?.name, name);
    assert.equal(report.case?.version, 1);
    assert.ok(Math.abs(report.case!.scale - scale) < 1e-9);
    assert.equal(report.failed, 0);
    assert.equal(report.server?.offered, report.answered);
    assert.equal(report.reconciled, true, report.reasons.join(' '));
  };

  test('that comes with Redirector, shortened, with the brokers that are given', async (t) => {
    const { env } = environment(t);
    const { brokers } = await sharedKafka();
    const args = ['--case', 'steady-15k', '--duration', '0.1', '--brokers', brokers.join(',')];
    const { report } = await loadtest(t, args, env);
    assertReported(report, 'steady-15k', 1 / 300);
    assert.equal(report.sent, 1600);
    assert.equal(report.topic?.found, 1600);
    assert.equal(report.thresholds.maxP99Ms, 20);
  });

  test('of one’s own, whose faults happen to a Kafka of its own: nothing is lost', async (t) => {
    const { env, temporary } = environment(t);
    const file = join(temporary, 'outage.yaml');
    writeFileSync(
      file,
      `version: 1
description: The broker is slow, then gone, then back.
kafka: 1
server: { queue.overflow: spool }
load: { phases: [{ rps: 100, duration: 3s }] }
faults:
  - { at: 200ms, do: delay-acks, by: 100ms }
  - { at: 1s, do: delay-acks, by: 0ms }
  - { at: 1s, do: kill-broker }
  - { at: 2s, do: start-broker }
thresholds: { maxP99: 10s }
`,
    );
    const { report } = await loadtest(t, ['--case', file], env);
    assertReported(report, 'outage', 1);
    assert.equal(report.topic?.found, 300);
    assert.equal(report.server?.spooled, 0, 'what overflowed was played back');
    assert.deepEqual(
      report.case?.faults.map(({ what }) => what),
      ['delay-acks 100 ms', 'delay-acks 0 ms', 'kill-broker 1', 'start-broker 1'],
    );
    assert.deepEqual(readdirSync(temporary), ['outage.yaml']);
  });

  test('with faults does not take brokers that are given', async (t) => {
    const { env } = environment(t);
    const { ended } = start(t, ['loadtest', '--case', 'broker-outage', '--brokers', 'kafka:9092'], env);
    const { code, stderr } = await ended;
    assert.equal(code, 2);
    assert.match(stderr, /--case broker-outage stops and slows brokers.*leave out --brokers kafka:9092/);
  });
});

test('a search for the highest rate says what was tried, and fails where no rate holds', async (t) => {
  const { env } = environment(t);
  const slow = createServer((_request, response) =>
    setTimeout(() => response.writeHead(301, { location: '/' }).end(), 100),
  );
  await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
  t.after(() => slow.close());
  const url = `http://127.0.0.1:${(slow.address() as AddressInfo).port}/`;
  const args = [
    '--url',
    url,
    '--find-max',
    '--p99',
    '50ms',
    '--rps',
    '20',
    '--step',
    '0.2',
    '--warmup',
    '0.1',
  ];
  const { ended } = start(t, ['loadtest', ...args, '--json'], env);
  const { code, stdout, stderr } = await ended;
  assert.equal(code, 1, stderr);
  const report = JSON.parse(stdout) as SearchReport;
  assert.equal(report.maxRps, null);
  assert.deepEqual(
    report.steps.map(({ rps, holds }) => [rps, holds]),
    [20, 20, 10, 10].map((rps) => [rps, false]),
  );
  assert.match(report.limit ?? '', /The p99 of the latency was .* at most 50 ms is wanted/);
  assert.deepEqual(report.reasons, ['No rate held, down to 10 requests a second.']);
  assert.match(stderr, /20 a second: p99 .* ms, does not hold/);
});

describe('a server at --url', () => {
  test('that is Redirector: its records are found among those of others', async (t) => {
    const { env, temporary } = environment(t);
    const { brokers } = await sharedKafka();
    const topic = await createTopic(brokers, { partitions: 2 });
    const [port, adminPort] = [await freePort(), await freePort()];
    const kafka = ['--brokers', brokers.join(','), '--topic', topic];
    const ports = ['--host', '127.0.0.1', '--port', `${port}`, '--admin-port', `${adminPort}`];
    const target = ['--target', 'https://example.com/', '--spool-path', join(temporary, 'spool.db')];
    const server = start(t, ['serve', ...ports, ...target, ...kafka], env);
    const admin = `http://127.0.0.1:${adminPort}`;
    await waitFor('the server', async () => (await fetch(`${admin}/readyz`)).status === 200);
    const url = `http://127.0.0.1:${port}/`;
    for (let i = 0; i < 5; i++) await fetch(url, { redirect: 'manual' });

    const run = await loadtest(
      t,
      ['--url', url, '--admin-url', admin, ...kafka, '--rps', '300', '--duration', '2'],
      env,
    );
    assertPass(run, 600);
    assert.equal(run.report.reconciled, true);
    assert.equal(run.report.topic?.name, topic);
    assert.equal(run.report.topic?.found, 600);
    assert.equal(run.report.server?.offered, 600);
    assert.ok((await topicsOf(brokers)).includes(topic), 'a topic that was there before stays');
    server.child.kill('SIGTERM');
    assert.equal((await server.ended).code, 0);
  });

  test('that is something else: the verdict rests on the answers', async (t) => {
    const { env } = environment(t);
    const other = createServer((_request, response) => response.writeHead(302, { location: '/' }).end());
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    t.after(() => other.close());
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`;
    const run = await loadtest(t, ['--url', url, '--rps', '200', '--duration', '1'], env);
    assertPass(run, 200);
    assert.equal(run.report.server, null);
    assert.equal(run.report.topic, null);
    assert.equal(run.report.reconciled, null);

    const wrong = await loadtest(
      t,
      ['--url', url, '--rps', '200', '--duration', '1', '--expect', '301'],
      env,
    );
    assert.equal(wrong.code, 1);
    assert.equal(wrong.report.verdict, 'fail');
    assert.ok(wrong.report.reasons.includes('200 of 200 requests failed: 200 status 302.'));
  });

  test('that is not there is an error of its own', async (t) => {
    const { env } = environment(t);
    const { ended } = start(t, ['loadtest', '--url', `http://127.0.0.1:${await freePort()}/`], env);
    const { code, stdout, stderr } = await ended;
    assert.equal(code, 3);
    assert.equal(stdout, '');
    assert.match(stderr, /No answer from .*ECONNREFUSED/);
  });

  test('on another machine needs --yes', async (t) => {
    const { env } = environment(t);
    const { ended } = start(t, ['loadtest', '--url', 'http://192.0.2.1/'], env);
    const { code, stderr } = await ended;
    assert.equal(code, 2);
    assert.match(stderr, /--url http:\/\/192\.0\.2\.1\/ is not on this machine.*--yes/);
  });
});

test('flags that are wrong are named, with what is allowed', async (t) => {
  const { env } = environment(t);
  const refused: [readonly string[], RegExp][] = [
    [['--rps', '0'], /--rps: "0" is not a whole number from 1 to 200000/],
    [['--duration', 'long'], /--duration: "long" is not seconds/],
    [['--connections', '0'], /--connections: "0" is not a whole number from 1/],
    [['--expect', 'moved'], /--expect: "moved" is not statuses/],
    [['--max', '--rps', '5'], /--max .* --rps 5/],
    [['--case', 'brust'], /"brust" cannot be used: there is none of that name\. Did you mean burst\?/],
    [['--requests', 'none.txt'], /"none\.txt" cannot be used: no such file/],
    [['--report', '/no/such/folder/r.html'], /"\/no\/such\/folder\/r\.html" cannot be written: no such file/],
  ];
  await Promise.all(
    refused.map(async ([args, sentence]) => {
      const { code, stderr } = await start(t, ['loadtest', ...args], env).ended;
      assert.equal(code, 2, stderr);
      assert.match(stderr, sentence);
    }),
  );
});
