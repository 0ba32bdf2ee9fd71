import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { before, describe, it } from 'node:test';
import { kafkaClient } from '../support/kafka-client.ts';
import { realPart } from '../support/real-parts.ts';
import { sharedKafka } from '../support/shared.ts';
import { withAdmin } from '../support/topics.ts';
import { redirector } from '../unit/run-redirector.ts';

const LIMIT_MS = 10_000;
const newName = () => `topics.${randomBytes(4).toString('hex')}`;

describe('redirector topics', { skip: await realPart('kafka') }, () => {
  let brokers: string;
  before(async () => {
    brokers = (await sharedKafka()).brokers.join(',');
  });
  const topics = (...args: string[]) => redirector(['topics', ...args, '--brokers', brokers]);
  /** What is set for the topic itself, as kafkajs sees it. */
  const overridesOf = (name: string) =>
    withAdmin([brokers], async (admin) => {
      const resources = [{ type: 2, name }];
      const { resources: found } = await admin.describeConfigs({ resources, includeSynonyms: false });
      const set = found[0]!.configEntries.filter(({ configSource }) => configSource === 1);
      return Object.fromEntries(set.map(({ configName, configValue }) => [configName, configValue]).sort());
    });

  it('create makes the topic as asked, with a leader for each partition when it returns', async () => {
    const name = newName();
    const { code, stdout, stderr } = await topics('create', name, '--partitions', '4', '--retention', '7d');
    assert.equal(stderr, '');
    assert.equal(code, 0);
    assert.equal(stdout, `Topic "${name}" is made: 4 partitions, replication factor 1, retention 7d.\n`);
    const admin = kafkaClient([brokers]).admin();
    await admin.connect();
    try {
      const { topics: found } = await admin.fetchTopicMetadata({ topics: [name] });
      assert.equal(found[0]!.partitions.length, 4);
      for (const { leader } of found[0]!.partitions) assert.ok(leader >= 0);
    } finally {
      await admin.disconnect();
    }
  });

  it('create again changes nothing, exits 0 and names what differs from what was asked', async () => {
    const name = newName();
    const first = await topics('create', name, '--json', '--partitions', '2', '--retention', '1h');
    assert.deepEqual(JSON.parse(first.stdout), {
      topic: name,
      created: true,
      partitions: 2,
      replicationFactor: 1,
      retentionMs: 3_600_000,
      differences: [],
    });
    const same = await topics('create', name, '--partitions', '2', '--retention', '60m');
    assert.deepEqual([same.code, same.stderr], [0, '']);
    assert.match(same.stdout, /exists already: 2 partitions/);

    const asked = ['--partitions', '3', '--replication-factor', '2', '--retention', '2h'];
    const other = await topics('create', name, '--json', ...asked);
    assert.equal(other.code, 0);
    const { created, differences } = JSON.parse(other.stdout);
    assert.equal(created, false);
    assert.deepEqual(differences, [
      { setting: 'partitions', asked: 3, is: 2 },
      { setting: 'replicationFactor', asked: 2, is: 1 },
      { setting: 'retention', asked: 7_200_000, is: 3_600_000 },
    ]);
    const told = await topics('create', name, ...asked);
    assert.match(told.stderr, /^differs: retention is 1h, not 2h as asked; left as it is\.$/m);
    assert.equal(told.stderr.trim().split('\n').length, 3);
  });

  it('create without numbers takes the defaults, which no later call can differ from', async () => {
    const name = newName();
    const { stdout } = await topics('create', '--topic', name, '--json');
    const { partitions, replicationFactor } = JSON.parse(stdout);
    assert.deepEqual([partitions, replicationFactor], [12, 1]);
    assert.equal((await topics('create', name)).stderr, '');
  });

  it('create makes the topics of rules too, alike, unless one topic is named', async (t) => {
    const [own, ofRule, ofFallback] = [newName(), newName(), newName()];
    const rules = join(mkdtempSync(join(tmpdir(), 'redirector-topics-')), 'rules.yaml');
    t.after(() => rmSync(dirname(rules), { recursive: true }));
    writeFileSync(
      rules,
      `rules:
  - { path: /a, target: https://example.com/a, topic: ${ofRule} }
  - { path: /b, target: https://example.com/b, topic: ${own} }
  - { path: /c, target: https://example.com/c, topic: ${ofRule} }
fallbacks: [{ target: https://example.com/, topic: ${ofFallback} }]
`,
    );
    const asked = ['--topic', own, '--rules', rules, '--partitions', '2'];
    const dry = await topics('create', ...asked, '--dry-run');
    assert.deepEqual([dry.code, dry.stderr], [0, '']);
    const lines = [own, ofRule, ofFallback].map(
      (name) => `Topic "${name}" would be made: 2 partitions, replication factor 1.\n`,
    );
    assert.equal(dry.stdout, lines.join(''));
    assert.equal((await topics('describe', ofRule)).code, 1);

    const one = await topics('create', ofRule, ...asked.slice(2));
    assert.match(one.stdout, /^Topic ".*" is made: .*\n$/);
    const made = JSON.parse((await topics('create', ...asked, '--json')).stdout);
    assert.deepEqual(
      [made, ...made.ruleTopics].map(({ topic, created, partitions }) => [topic, created, partitions]),
      [
        [own, true, 2],
        [ofRule, false, 2],
        [ofFallback, true, 2],
      ],
    );
    writeFileSync(rules, 'rules: [{ path: /a, topic: "two words" }]');
    const { code, stderr } = await topics('create', ...asked);
    assert.equal(code, 2);
    assert.match(stderr, /topic/);
  });

  it('two that create the same topic at once both succeed', async () => {
    const name = newName();
    const runs = await Promise.all([topics('create', name, '--json'), topics('create', name, '--json')]);
    for (const { code, stderr } of runs) assert.equal(code, 0, stderr);
    const made = runs.filter(({ stdout }) => JSON.parse(stdout).created);
    assert.equal(made.length, 1);
  });

  it('create with more replicas than brokers says so in a sentence, and makes nothing', async () => {
    const name = newName();
    const { code, stdout, stderr } = await topics('create', name, '--replication-factor', '3');
    assert.equal(code, 3);
    assert.equal(stdout, '');
    assert.match(
      stderr,
      /INVALID_REPLICATION_FACTOR: a replication factor of 3 needs as many brokers, and the cluster has 1/,
    );
    assert.equal((await topics('describe', name)).code, 1);
  });

  it('list shows it, in columns or as one JSON document, and hides what is internal', async () => {
    const name = newName();
    const internal = `__${newName()}`;
    await Promise.all([topics('create', name, '--partitions', '2'), topics('create', internal)]);
    const { stdout } = await topics('list');
    assert.match(stdout, /^topic +partitions +replicas$/m);
    assert.match(stdout, new RegExp(`^${name} +2 +1$`, 'm'));
    assert.ok(!stdout.includes(internal));
    const all = JSON.parse((await topics('list', '--internal', '--json')).stdout).topics;
    assert.deepEqual(
      all.filter((topic: { name: string }) => [name, internal].includes(topic.name)),
      [
        { name: internal, partitions: 12, replicationFactor: 1, internal: true },
        { name, partitions: 2, replicationFactor: 1, internal: false },
      ],
    );
  });

  it('describe shows leaders, replicas, offsets, and the settings that are not at their default', async () => {
    const name = newName();
    await topics('create', name, '--partitions', '2', '--retention', '1h');
    const producer = kafkaClient([brokers]).producer();
    await producer.connect();
    await producer.send({ topic: name, messages: [1, 2, 3].map((n) => ({ value: `${n}`, partition: 1 })) });
    await producer.disconnect();

    const json = JSON.parse((await topics('describe', name, '--json')).stdout);
    const common = { leader: 1, replicas: [1], isr: [1], low: '0' };
    const [empty, filled] = json.partitions;
    assert.deepEqual(empty, { partition: 0, ...common, high: '0', bytes: 0 });
    assert.ok(filled.bytes > 61, `a batch of three has ${filled.bytes} bytes`);
    assert.deepEqual(filled, { partition: 1, ...common, high: '3', bytes: filled.bytes });
    assert.equal(json.offsets, '3');
    assert.deepEqual(
      json.settings.find((setting: { name: string }) => setting.name === 'retention.ms'),
      { name: 'retention.ms', value: '3600000', from: 'topic' },
    );
    const { stdout } = await topics('describe', '--topic', name);
    assert.match(stdout, /2 partitions, replication factor 1, 3 offsets\./);
    assert.match(stdout, /^ +1 +1 +1 +1 +0 +3 +\d+$/m);
    assert.match(stdout, /^retention\.ms +3600000 +topic$/m);
  });

  it('describe of a topic that is not there exits 1, and does not make it', async () => {
    const name = newName();
    for (let time = 0; time < 2; time++) {
      const { code, stderr } = await topics('describe', name);
      assert.equal(code, 1);
      assert.match(stderr, new RegExp(`^redirector: Topic "${name}" does not exist at `));
    }
  });

  it('create sets what people set, and Kafka has it; --dry-run makes nothing', async () => {
    const name = newName();
    const asked = [
      ...['--retention-bytes', '1GiB', '--compression-type', 'zstd', '--min-insync-replicas', '1'],
      ...[
        '--max-message-bytes',
        '2MiB',
        '--set',
        'segment.ms=86400000',
        '--set',
        'cleanup.policy=compact,delete',
      ],
    ];
    const dry = await topics('create', name, '--dry-run', ...asked);
    assert.equal(dry.code, 0, dry.stderr);
    assert.match(
      dry.stdout,
      /would be made: 12 partitions, .*, retention\.bytes 1GiB, compression\.type zstd, /,
    );
    const wrong = await topics('create', name, '--dry-run', '--set', 'no.such.setting=1');
    assert.equal(wrong.code, 3);
    assert.match(wrong.stderr, /INVALID_CONFIG/);
    assert.equal((await topics('describe', name)).code, 1);
    const made = await topics('create', name, '--partitions', '1', ...asked);
    assert.equal(made.code, 0, made.stderr);
    assert.deepEqual(await overridesOf(name), {
      'cleanup.policy': 'compact,delete',
      'compression.type': 'zstd',
      'max.message.bytes': String(2 * 2 ** 20),
      'min.insync.replicas': '1',
      'retention.bytes': String(2 ** 30),
      'segment.ms': '86400000',
    });
    const other = await topics('create', name, '--max-message-bytes', '1MiB');
    assert.match(other.stderr, /^differs: max\.message\.bytes is 2MiB, not 1MiB as asked; left as it is\.$/m);
  });

  it('alter changes what is named, says how, and leaves all else as it is', async () => {
    const name = newName();
    await topics('create', name, '--partitions', '2', '--retention', '1h', '--set', 'segment.ms=3600000');
    const asked = [
      '--partitions',
      '3',
      '--retention',
      '2h',
      '--max-message-bytes',
      '2MiB',
      '--unset',
      'segment.ms',
    ];
    const dry = await topics('alter', name, ...asked, '--dry-run');
    assert.equal(dry.code, 0, dry.stderr);
    assert.match(dry.stdout, /^Topic ".*": retention\.ms would be 2h \(was 1h\)\.$/m);
    assert.deepEqual(await overridesOf(name), { 'retention.ms': '3600000', 'segment.ms': '3600000' });

    const { code, stdout, stderr } = await topics('alter', name, '--json', ...asked);
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout).changes, [
      { setting: 'partitions', from: '2', to: '3' },
      { setting: 'retention.ms', from: '3600000', to: '7200000' },
      { setting: 'max.message.bytes', from: '1048588', to: '2097152' },
      { setting: 'segment.ms', from: '3600000', to: null },
    ]);
    const after = { 'max.message.bytes': '2097152', 'retention.ms': '7200000' };
    assert.deepEqual(await overridesOf(name), after);
    assert.equal((await topics('alter', name, '--compression-type', 'lz4')).code, 0);
    assert.deepEqual(await overridesOf(name), { 'compression.type': 'lz4', ...after });
    assert.match((await topics('alter', name, '--retention', '2h')).stdout, /is as asked already\.$/m);

    const fewer = await topics('alter', name, '--partitions', '1');
    assert.equal(fewer.code, 2);
    assert.match(fewer.stderr, /has 3 partitions, and Kafka cannot make them 1: they can only become more\./);
    const refused = await topics('alter', name, '--set', 'retention.ms=soon');
    assert.equal(refused.code, 3);
    assert.match(refused.stderr, /refused the request: INVALID_CONFIG: .*retention\.ms/);
  });

  it('delete does so only with --yes', async () => {
    const name = newName();
    await topics('create', name, '--partitions', '1');
    const asked = await topics('delete', name);
    assert.equal(asked.code, 2);
    assert.match(asked.stderr, /has 0 offsets; add --yes to delete it with all records\./);
    assert.equal((await topics('describe', name)).code, 0);
    assert.equal(
      (await topics('delete', name, '--yes')).stdout,
      `Topic "${name}" is deleted, with 0 offsets.\n`,
    );
    assert.equal((await topics('delete', name, '--yes')).code, 1);
  });

  it('credentials that Kafka refuses are named so, with its reason', async () => {
    const sasl = ['--sasl-mechanism', 'plain', '--sasl-username', 'a', '--sasl-password', 'hunter2'];
    const { code, stderr } = await topics('list', ...sasl);
    assert.equal(code, 3);
    assert.match(
      stderr,
      /^redirector: Kafka at \S+ refuses the credentials: this port asks for none \(ILLEGAL_SASL_STATE\)\.$/m,
    );
    assert.doesNotMatch(stderr, /hunter2/);
  });

  it('one broker of the list that is up is enough', async () => {
    const { code, stderr } = await redirector(['topics', 'list', '--brokers', `127.0.0.1:1,${brokers}`]);
    assert.deepEqual([code, stderr], [0, '']);
  });
});

describe('redirector topics with no broker that answers', () => {
  const unreachable = async (address: string) => {
    const bare = await redirector(['topics', 'list', '--help']); // what a start takes here and now is not waited for a broker
    const { code, stdout, stderr, milliseconds } = await redirector(['topics', 'list', '--brokers', address]);
    assert.equal(code, 3, stderr);
    assert.equal(stdout, '');
    assert.match(
      stderr,
      /^redirector: No Kafka broker of \S+ could be reached: .+\.\n {2}Check the addresses/,
    );
    const waited = milliseconds - bare.milliseconds;
    assert.ok(waited < LIMIT_MS, `it waited ${waited} ms`);
    return stderr;
  };

  it('exits 3 within 10 s where nothing listens', async () => {
    assert.match(await unreachable('127.0.0.1:1'), /ECONNREFUSED/);
  });

  it('exits 3 within 10 s where a broker takes connections and never answers', async (t) => {
    const server = createServer(() => {});
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
    t.after(() => server.close());
    assert.match(await unreachable(`127.0.0.1:${port}`), /no answer/);
  });

  it('exits 3 within 10 s where something else listens that closes at once', async (t) => {
    const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
    t.after(() => server.close());
    await unreachable(`127.0.0.1:${port}`);
  });
});
