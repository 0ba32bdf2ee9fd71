import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { flagOf, type OptionKey } from '../../src/options.ts';
import { allow } from '../support/acls.ts';
import { freePort } from '../support/free-port.ts';
import { temporaryDirectory } from '../support/guarded.ts';
import { kafkaClient } from '../support/kafka-client.ts';
import { setScramUser } from '../support/kafka-credentials.ts';
import { serve } from '../support/kafka-server.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { realPart } from '../support/real-parts.ts';
import { type SecuredKafka, startSecuredKafka } from '../support/secured-kafka.ts';
import { sharedKafka } from '../support/shared.ts';
import { createTopic } from '../support/topics.ts';
import { redirector } from '../unit/run-redirector.ts';

type Flags = Readonly<Partial<Record<OptionKey, string | number>>>;

interface Checked {
  readonly check: string;
  readonly outcome: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly found: string;
  readonly hint: string | null;
}

const folder = temporaryDirectory('doctor');
const target = 'https://example.com/';

/** Flags of a server for which all is well, with `flags` on top. */
async function typed(flags: Flags): Promise<string[]> {
  const all = {
    target,
    host: '127.0.0.1',
    port: await freePort(),
    'admin.port': await freePort(),
    'spool.path': join(folder, 'spool.db'),
    ...flags,
  };
  return Object.entries(all).flatMap(([key, value]) => [`--${flagOf(key as OptionKey)}`, String(value)]);
}

async function doctor(flags: Flags, env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await redirector(['doctor', '--json', ...(await typed(flags))], { env });
  assert.equal(stderr, '');
  const { ok, checks, instrumentations } = JSON.parse(stdout) as {
    ok: boolean;
    checks: Checked[];
    instrumentations: { name: string; version: string; on: boolean; why: string }[];
  };
  const outcomes = (name: string): string[] =>
    checks.filter(({ check }) => check === name).map(({ outcome }) => outcome);
  const bad = checks.filter(({ outcome }) => outcome === 'failed' || outcome === 'warning');
  return { code, ok, checks, bad, outcomes, instrumentations, stdout };
}

describe('doctor on this machine', () => {
  it('finds all well where it is, says what it looked at, and leaves nothing behind', async () => {
    const { code, ok, checks, bad, instrumentations } = await doctor({});
    assert.deepEqual([code, ok, bad], [0, true, []]);
    assert.deepEqual(
      [...new Set(checks.map(({ check }) => check))],
      [
        'configuration',
        'node',
        'cpus',
        'memory',
        'file descriptors',
        'ports',
        'kafka',
        'spool',
        'collector',
        'clock',
        'instrumentations',
      ],
    );
    const express = instrumentations.find(({ name }) => name === 'express');
    assert.equal(express?.on, true);
    assert.match(express?.version ?? '', /^\d+\.\d+\.\d+$/);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('shows each finding with what to do, for people', async () => {
    const { code, stdout, stderr } = await redirector(['doctor', ...(await typed({ listeners: 64 }))]);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^ok {7}node {14}Redirector \d/m);
    assert.match(stdout, /^warning {2}cpus .*listener threads: 64\.\n +Listeners that share a CPU .*\.$/m);
    assert.match(stdout, /\n\n0 failed, 1 warnings, \d+ ok, \d+ skipped\.\n$/);
  });

  it('finds every mistake in the options at once, and exits 2', async () => {
    const { code, bad, checks } = await doctor({ 'queue.maxBytes': '5', acks: 'some' });
    assert.equal(code, 2);
    assert.deepEqual(
      bad.map(({ check, found }) => [check, found.split(':')[0]]),
      [
        ['configuration', 'acks'],
        ['configuration', 'queue.maxBytes'],
      ],
    );
    assert.equal(checks.at(-1)?.outcome, 'skipped');
  });

  it('reads the rules, and the file given with --config', async () => {
    const config = join(temporaryDirectory('doctor-config'), 'redirector.yaml');
    writeFileSync(config, `rules: ${join(folder, 'missing.yaml')}\n`);
    const { code, stdout } = await redirector(['doctor', '--json', '--config', config]);
    assert.equal(code, 2);
    assert.match(stdout, /The rules file .*missing\.yaml.* cannot be read/);
  });

  it('says that a server needs somewhere to redirect', async () => {
    const { code, stdout } = await redirector(['doctor', '--json']);
    assert.equal(code, 2);
    assert.match(stdout, /Neither target nor rules is given\./);
  });

  it('finds a port that another program has, and exits 1', async () => {
    const other = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    try {
      const { code, bad } = await doctor({ port });
      assert.equal(code, 1);
      assert.deepEqual(
        bad.map(({ check, outcome }) => [check, outcome]),
        [['ports', 'failed']],
      );
      assert.match(bad[0]?.hint ?? '', /--port/);
    } finally {
      other.close();
    }
  });

  it('beside the server itself only warns of what that has taken', async () => {
    await using server = await serve({ 'admin.token': 'a-token' });
    const [port, adminPort] = [server.url, server.adminUrl].map((url) => Number(new URL(url).port));
    const spool = join(server.cwd, 'redirector-spool.db');
    const { code, bad } = await doctor({ port: port!, 'admin.port': adminPort!, 'spool.path': spool });
    assert.equal(code, 0);
    assert.deepEqual(
      bad.map(({ check, outcome }) => `${check}: ${outcome}`),
      ['ports: warning', 'ports: warning', 'spool: warning'],
    );
  });

  it('finds a spool that another server has, without taking it away, and one that has no folder', async () => {
    await using server = await serve({});
    const taken = await doctor({ 'spool.path': join(server.cwd, 'redirector-spool.db') });
    assert.equal(taken.code, 1);
    assert.match(taken.bad[0]?.found ?? '', /is in use by another Redirector/);
    assert.equal((await server.stop()).code, 0);
    const free = await doctor({ 'spool.path': join(server.cwd, 'redirector-spool.db') });
    assert.deepEqual([free.code, free.bad], [0, []]);

    const nowhere = await doctor({ 'spool.path': join(folder, 'nowhere', 'spool.db') });
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.bad[0]?.found ?? '', /cannot be used: no such file or directory/);
  });

  it('warns of a spool that can become larger than the disk', async () => {
    const { code, bad } = await doctor({ 'spool.maxBytes': '1000000GiB' });
    assert.equal(code, 0);
    assert.match(bad[0]?.hint ?? '', /lower spool\.maxBytes/);
  });
});

describe('doctor and a collector', () => {
  const exporting = (endpoint: string): Record<string, string> => ({
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_HEADERS: 'api-key=Zebra%20Quartz',
    OTEL_LOGS_EXPORTER: 'otlp',
  });

  it('that takes all signals: it says so, compares the clocks, and sends nothing', async () => {
    await using collector = await startOtlpReceiver();
    const { code, outcomes } = await doctor({}, exporting(collector.endpoint));
    assert.equal(code, 0);
    assert.deepEqual([outcomes('collector'), outcomes('clock')], [['ok', 'ok', 'ok'], ['ok']]);
    assert.deepEqual([...new Set(collector.requests.map(({ path }) => path))].sort(), [
      '/v1/logs',
      '/v1/metrics',
      '/v1/traces',
    ]);
    for (const { headers } of collector.requests) assert.equal(headers['api-key'], 'Zebra Quartz');
    for (const signal of ['traces', 'metrics', 'logs'] as const) {
      for (const body of collector.received(signal)) assert.deepEqual(body, {}, signal);
    }
  });

  it('that refuses is a failure, and tells no secret; one that is away exits 3', async () => {
    await using collector = await startOtlpReceiver();
    collector.answerWith(401);
    const refused = await doctor({}, exporting(collector.endpoint));
    assert.equal(refused.code, 1);
    assert.match(refused.bad[0]?.hint ?? '', /OTEL_EXPORTER_OTLP_HEADERS/);
    assert.doesNotMatch(refused.stdout, /Quartz/);
    for (const protocol of ['http/json', 'grpc']) {
      const env = {
        ...exporting(`http://127.0.0.1:${await freePort()}`),
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      };
      const away = await doctor({}, env);
      assert.equal(away.code, 3, protocol);
      assert.match(away.bad[0]?.found ?? '', /does not answer: connect ECONNREFUSED/);
    }
  });

  it('whose address is none is a failure', async () => {
    const { code, bad } = await doctor({}, { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector' });
    assert.equal(code, 1);
    assert.equal(bad[0]?.found, 'The endpoint for traces is not a URL.');
  });
});

describe('doctor and Kafka', { skip: await realPart('kafka') }, () => {
  let brokers: string[];
  before(async () => {
    brokers = (await sharedKafka()).brokers;
  });
  const asked = (topic: string, more: string[] = []): Flags => ({
    brokers: [...brokers, ...more].join(','),
    topic,
  });

  it('that is ready: brokers, topic, rights, producer ids and sizes are well, and nothing is written', async () => {
    const topic = await createTopic(brokers, { partitions: 3 });
    const { code, bad, checks } = await doctor(asked(topic));
    assert.deepEqual([code, bad], [0, []]);
    const found = checks.filter(({ check }) => check === 'kafka').map((one) => one.found);
    for (const sentence of [
      /answers: 1 broker in the cluster\./,
      /has 3 partitions, each with a leader\./,
      /This client may write to topic/,
      /batches are idempotent/,
      /takes batches of 1048588 bytes/,
    ]) {
      assert.ok(
        found.some((one) => sentence.test(one)),
        `${sentence}: ${found.join('\n')}`,
      );
    }
    const admin = kafkaClient(brokers).admin();
    await admin.connect();
    try {
      for (const { high } of await admin.fetchTopicOffsets(topic)) assert.equal(high, '0');
    } finally {
      await admin.disconnect();
    }
  });

  it('that is away exits 3', async () => {
    const { code, outcomes } = await doctor({ brokers: `127.0.0.1:${await freePort()}` });
    assert.equal(code, 3);
    assert.deepEqual(outcomes('kafka'), ['failed', 'skipped']);
  });

  it('of which one address is wrong is a warning', async () => {
    const topic = await createTopic(brokers);
    const wrong = `127.0.0.1:${await freePort()}`;
    const { code, bad } = await doctor(asked(topic, [wrong]));
    assert.equal(code, 0);
    assert.equal(bad.length, 1);
    assert.match(bad[0]?.found ?? '', new RegExp(`${wrong} could be reached`));
  });

  it('without the topic exits 1, and says how it is made', async () => {
    const { code, bad } = await doctor(asked('there.is.no.such.topic'));
    assert.equal(code, 1);
    assert.equal(bad.length, 1);
    assert.match(bad[0]?.hint ?? '', /redirector topics create/);
  });

  it('whose topic takes small batches only is a warning', async () => {
    const topic = await createTopic(brokers, { config: { 'max.message.bytes': '65536' } });
    const { code, bad } = await doctor(asked(topic));
    assert.equal(code, 0);
    assert.match(bad[0]?.found ?? '', /takes batches of 65536 bytes/);
    assert.match(bad[0]?.hint ?? '', /max\.message\.bytes/);
  });
});

describe('doctor and a Kafka that asks who it is', {
  skip: await realPart('kafka', 'kcat', 'openssl'),
}, () => {
  const PASSWORD = 'Right-Horse-9753';
  let kafka: SecuredKafka;
  before(async () => {
    kafka = await startSecuredKafka();
    await setScramUser(kafka.brokers[0]!, 'scram-sha-256', 'anna', PASSWORD);
  });
  after(() => kafka?.stop());

  const login = (topic: string, password: string): Flags => ({
    brokers: kafka.sasl,
    topic,
    'sasl.mechanism': 'scram-sha-256',
    'sasl.username': 'anna',
    'sasl.password': password,
  });

  it('a wrong password is named, and not told', async () => {
    const topic = await createTopic(kafka.brokers);
    const { code, bad, stdout } = await doctor(login(topic, 'Wrong-Horse-8642'));
    assert.equal(code, 3);
    assert.match(bad[0]?.found ?? '', /refuses the credentials/);
    assert.doesNotMatch(stdout, /Wrong-Horse/);
    assert.deepEqual((await doctor(login(topic, PASSWORD))).bad, []);
  });

  it('no right to write is a failure, also where the topic can be seen', async () => {
    const topic = await createTopic(kafka.brokers);
    await allow(
      kafka.brokers,
      { principal: 'User:nobody', operation: 'WRITE', topic },
      { principal: 'User:anna', operation: 'DESCRIBE', topic },
    );
    const { code, bad } = await doctor(login(topic, PASSWORD));
    assert.equal(code, 1);
    const [first] = bad;
    assert.match(first?.found ?? '', /it needs the right Write on it \(TOPIC_AUTHORIZATION_FAILED\)/);
    assert.match(first?.hint ?? '', /Grant/);
    await allow(kafka.brokers, { principal: 'User:anna', operation: 'WRITE', topic });
    const granted = await doctor(login(topic, PASSWORD));
    assert.equal(granted.code, 0);
  });
});
