import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort, isPortFree } from '../support/free-port.ts';
import { temporaryDirectory } from '../support/guarded.ts';
import { type KafkaCluster, startKafka } from '../support/kafka.ts';
import { kafkaClient } from '../support/kafka-client.ts';
import { kcatConsume, kcatCount } from '../support/kcat.ts';
import { isAlive, stateOf } from '../support/processes.ts';
import { realPart } from '../support/real-parts.ts';
import { sharedJaeger, sharedKafka } from '../support/shared.ts';
import { createTopic } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';

const support = fileURLToPath(new URL('../support/', import.meta.url));

/** Sends one record with acks=all and resolves when the cluster has taken it. */
async function produce(brokers: string[], topic: string, value: string | Buffer): Promise<void> {
  const producer = kafkaClient(brokers, { retry: { retries: 20 } }).producer();
  await producer.connect();
  await producer.send({ topic, acks: -1, messages: [{ key: 'k', value, headers: { h: 'v' } }] });
  await producer.disconnect();
}

describe('one Kafka broker', { skip: await realPart('kafka', 'kcat') }, () => {
  let cluster: KafkaCluster;
  before(async () => {
    cluster = await startKafka({
      topicDefaults: { partitions: 3 },
      properties: { 'message.max.bytes': 5000 },
    });
  });
  after(() => cluster?.stop());

  test('takes a record of any bytes, and kcat reads them back', async () => {
    const topic = await createTopic(cluster.brokers, { partitions: 2 });
    const value = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    await produce(cluster.brokers, topic, value);
    assert.equal(await kcatCount(cluster.brokers, topic), 1);
    const [record] = await kcatConsume(cluster.brokers, topic);
    assert.deepEqual(record?.value, value);
    assert.deepEqual(record?.key, Buffer.from('k'));
    assert.deepEqual(record?.headers, [{ name: 'h', value: Buffer.from('v') }]);
  });

  test('makes topics as it was told, and none that was not asked for', async () => {
    const topic = await createTopic(cluster.brokers);
    const admin = kafkaClient(cluster.brokers).admin();
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    assert.equal(topics[0]?.partitions.length, 3);
    await assert.rejects(
      admin.fetchTopicMetadata({ topics: ['missing'] }),
      /does not host this topic-partition/,
    );
    await admin.disconnect();
    await assert.rejects(
      produce(cluster.brokers, topic, Buffer.alloc(6000)),
      /larger than the max message size/,
    );
  });

  test('keeps its data when it is killed and started again, on the same port', async () => {
    const [node] = cluster.nodes;
    const topic = await createTopic(cluster.brokers);
    await produce(cluster.brokers, topic, 'before');
    const { pid } = node!;
    await node!.kill('SIGKILL');
    assert.equal(node!.pid, undefined);
    assert.ok(!isAlive(pid!));
    await node!.start();
    await produce(cluster.brokers, topic, 'after');
    const values = (await kcatConsume(cluster.brokers, topic)).map(({ value }) => value?.toString());
    assert.deepEqual(values.sort(), ['after', 'before']);
  });

  test('can be frozen, thawed, and stopped while frozen', async () => {
    const [node] = cluster.nodes;
    const admin = kafkaClient(cluster.brokers, { requestTimeout: 500, retry: { retries: 0 } }).admin();
    await node!.kill('SIGSTOP');
    if (process.platform === 'linux')
      await waitFor('the broker to freeze', () => stateOf(node!.pid!) === 'T');
    await assert.rejects(admin.connect());
    await node!.kill('SIGCONT');
    await admin.connect();
    await admin.disconnect();
    await node!.kill('SIGSTOP');
    await node!.stop();
    assert.equal(node!.pid, undefined);
    await assert.rejects(
      cluster.stop().then(() => node!.start()),
      /its cluster was stopped, its data is gone/,
    );
  });
});

describe('three Kafka brokers', { skip: await realPart('kafka', 'kcat') }, () => {
  test('replicate to all, and lose one without losing a record', async (t) => {
    const cluster = await startKafka({ brokers: 3 });
    t.after(() => cluster.stop());
    assert.equal(cluster.brokers.length, 3);
    const topic = await createTopic(cluster.brokers, { partitions: 3 });
    const admin = kafkaClient(cluster.brokers).admin();
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    for (const partition of topics[0]!.partitions) assert.equal(partition.replicas.length, 3);
    await admin.disconnect();
    await produce(cluster.brokers, topic, 'all three');
    const [first, ...others] = cluster.nodes;
    await first!.kill('SIGKILL');
    const left = others.map((node) => node.address);
    await produce(left, topic, 'two of three');
    // Its producer is not idempotent: what it sends again while leaders change may come twice.
    const values = async (brokers: string[]) =>
      [...new Set((await kcatConsume(brokers, topic)).map(({ value }) => String(value)))].sort();
    assert.deepEqual(await values(left), ['all three', 'two of three']);
    await first!.start();
    assert.deepEqual(await values([first!.address]), ['all three', 'two of three']);
    const pids = cluster.nodes.map((node) => node.pid!);
    await cluster.stop();
    assert.deepEqual(pids.filter(isAlive), []);
  });
});

describe('a Kafka that cannot start', { skip: await realPart('kafka') }, () => {
  test('is an error that ends with its log', async () => {
    const start = startKafka({ properties: { 'log.retention.ms': 'soon' } });
    await assert.rejects(
      start,
      /did not start: it ended with code 1(.|\n)*Its log ends with:(.|\n)*log\.retention\.ms/,
    );
  });

  test('because its port is taken is one clear sentence, from npm run kafka too', async (t) => {
    const port = await freePort();
    const server = createServer().listen(port, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const message = `port ${port} on 127.0.0.1 is in use: stop what listens there, or choose another port`;
    await assert.rejects(startKafka({ port }), { message });
    const command = promisify(execFile)(process.execPath, [
      join(support, 'run-kafka.ts'),
      '--port',
      String(port),
    ]);
    await assert.rejects(command, { code: 2, stdout: '', stderr: `${message}\n` });
  });
});

describe('npm run kafka', { skip: await realPart('kafka') }, () => {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    test(`says what to type next, and its broker ends with it on ${signal}`, async () => {
      const port = await freePort();
      const temporary = temporaryDirectory('run-kafka');
      const command = spawn(process.execPath, [join(support, 'run-kafka.ts'), '--port', String(port)], {
        stdio: ['ignore', 'pipe', 'ignore'],
        env: { ...process.env, TMPDIR: temporary },
      });
      const lines = createInterface(command.stdout);
      const [ready] = (await once(lines, 'line')) as [string];
      assert.equal(ready, `Kafka is ready on localhost:${port}. Ctrl-C stops it and throws its data away.`);
      assert.equal(await isPortFree(port), false);
      assert.equal(readdirSync(temporary).length, 1);
      command.kill(signal);
      await once(command, 'exit');
      await waitFor('the broker to be gone', () => isPortFree(port));
      await waitFor('its data to be gone', () => readdirSync(temporary).length === 0);
    });
  }
});

describe('Jaeger', { skip: await realPart('jaeger') }, () => {
  test('takes a trace over OTLP/HTTP and gives it back', async () => {
    const jaeger = await sharedJaeger();
    const traceId = randomBytes(16).toString('hex');
    assert.equal(await jaeger.fetchTrace(traceId), undefined);
    const acceptedBefore = await jaeger.acceptedSpans();
    const span = {
      traceId,
      spanId: randomBytes(8).toString('hex'),
      name: 'GET /{path}',
      kind: 2,
      startTimeUnixNano: '1544712660000000001',
      endTimeUnixNano: '1544712661000000000',
      attributes: [{ key: 'http.response.status_code', value: { intValue: '301' } }],
      status: { code: 2, message: 'queue_full' },
    };
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'support-test' } }] };
    const body = { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'test' }, spans: [span] }] }] };
    const response = await fetch(`${jaeger.otlpHttp}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    assert.equal(response.status, 200);
    const [found, ...more] = await jaeger.waitForTrace(traceId, (spans) => spans.length === 1);
    assert.deepEqual(more, []);
    assert.equal(found?.name, 'GET /{path}');
    assert.equal(found?.kind, 'SERVER');
    assert.equal(found?.startTime, 1544712660000000001n);
    assert.deepEqual(found?.attributes, { 'http.response.status_code': 301 });
    assert.deepEqual(found?.status, { code: 'ERROR', message: 'queue_full' });
    assert.deepEqual(found?.resource, { 'service.name': 'support-test' });
    assert.ok((await jaeger.acceptedSpans()) > acceptedBefore, 'it counts what it takes');
  });

  test('says which spans there were when those that were waited for did not come', async () => {
    const jaeger = await sharedJaeger();
    const wait = jaeger.waitForTrace(`${'0'.repeat(31)}1`, undefined, { timeoutMs: 50 });
    await assert.rejects(wait, /waited 50 ms for trace 0{31}1 in Jaeger: the last value was undefined/);
  });
});

describe('what a whole test run shares', { skip: await realPart('kafka') }, () => {
  const file = `
    import { test } from 'node:test';
    import { realPart } from '${support}real-parts.ts';
    import { sharedKafka } from '${support}shared.ts';
    import { createTopic } from '${support}topics.ts';
    test('asks', { skip: await realPart('kafka') }, async () => {
      const { brokers } = await sharedKafka();
      await createTopic(brokers);
      console.log('BROKER ' + brokers[0]);
    });`;

  async function runFiles(setup: string[]): Promise<string[]> {
    const { NODE_TEST_CONTEXT: _, TEST_RUN_OF_REDIRECTOR: __, ...env } = process.env;
    const directory = temporaryDirectory('shared');
    const files = ['a', 'b'].map((name) => join(directory, `${name}.test.ts`));
    for (const path of files) writeFileSync(path, file);
    const args = ['--test', '--test-reporter=tap', ...setup, ...files];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    return Array.from(stdout.matchAll(/BROKER (\S+)/g), (match) => match[1]!);
  }

  test('is one broker for all files with the global setup, gone after the run', async () => {
    const brokers = await runFiles([`--test-global-setup=${support}global-setup.ts`]);
    assert.equal(brokers.length, 2);
    assert.equal(new Set(brokers).size, 1);
    await assert.rejects(createTopic(brokers), /ECONNREFUSED/);
  });

  test('is a broker for each file without it', async () => {
    assert.equal(new Set(await runFiles([])).size, 2);
  });

  test('is one broker within a file', async () => {
    assert.equal(await sharedKafka(), await sharedKafka());
  });
});
