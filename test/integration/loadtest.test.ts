import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { SearchReport } from '../../loadtest/find-max.ts';
import { assertPass, environment, loadtest, start } from '../support/loadtest.ts';
import { sharedKafka } from '../support/shared.ts';
import { topicsOf } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';

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
