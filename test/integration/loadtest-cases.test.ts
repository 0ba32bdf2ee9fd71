import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { LoadtestReport } from '../../loadtest/report.ts';
import { environment, loadtest, start } from '../support/loadtest.ts';
import { sharedKafka } from '../support/shared.ts';

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
    assert.equal(report.thresholds.maxP99Ms, 50);
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

  test('whose acknowledgements never come finds each record, in the topic or in the spool beside it', async (t) => {
    const { env, temporary } = environment(t);
    const file = join(temporary, 'no-acks.yaml');
    writeFileSync(
      file,
      `version: 1
description: Acknowledgements do not come in time.
kafka: 1
server: { queue.overflow: spool, delivery.timeout: 1s, request.timeout: 500ms, shutdown.deadline: 1s }
load: { phases: [{ rps: 100, duration: 1s }] }
faults: [{ at: 300ms, do: delay-acks, by: 60s }]
thresholds: { maxP99: 10s }
`,
    );
    const { report } = await loadtest(t, ['--case', file, '--quiet-timeout', '4s'], env);
    assertReported(report, 'no-acks', 1);
    const { topic, overflow } = report;
    assert.ok(overflow!.alsoInTopic! > 0, 'what was written before its acknowledgement was held back');
    assert.equal(topic!.found! + overflow!.count - overflow!.alsoInTopic!, 100);
  });

  test('with faults does not take brokers that are given', async (t) => {
    const { env } = environment(t);
    const { ended } = start(t, ['loadtest', '--case', 'broker-outage', '--brokers', 'kafka:9092'], env);
    const { code, stderr } = await ended;
    assert.equal(code, 2);
    assert.match(stderr, /--case broker-outage stops and slows brokers.*leave out --brokers kafka:9092/);
  });
});
