import assert from 'node:assert/strict';
import process from 'node:process';
import { suite, test } from 'node:test';
import { type Conditions, measure } from '../../loadtest/bench/measure.ts';
import type { Peer, PeerEnd } from '../../loadtest/peers/peer.ts';

const SHUTDOWN: PeerEnd = { exitCode: 0, lastLine: '{"event":"shutdown","lost":7}' };

/** A peer that is this very process, a load that always answers 1,000, and a topic that holds `found` records. */
function setting({ found = 2_000, end = SHUTDOWN, recordFields = 11, failingRun = Number.NaN }) {
  const events: string[] = [];
  const note = async (event: string) => {
    events.push(event);
  };
  const peer: Peer = {
    name: 'fake',
    recordFields,
    build: async () => {},
    async start({ topic, port }) {
      await note(`start ${topic}`);
      const stop = () => note('stop').then(() => end);
      return { pid: process.pid, url: `http://127.0.0.1:${port}/`, stop };
    },
  };
  let runs = 0;
  const conditions: Conditions = {
    run: 'r',
    seconds: 2,
    warmupSeconds: 1,
    partitions: 3,
    pinning: { why: 'a test' },
    signal: new AbortController().signal,
    stillMs: 0,
    loadTool: () => ({
      description: 'fake',
      async run({ seconds, connections, onStart }) {
        await note(`load ${seconds} s on ${connections}`);
        if (++runs === failingRun) throw new Error('no load');
        onStart?.();
        return { answered: 1_000, rps: 500, p99Ms: 1, p999Ms: 2, errors: 1 };
      },
    }),
    collector: undefined,
    replicated: undefined,
    kafka: {
      brokers: ['127.0.0.1:1'],
      topics: {
        create: (topic, partitions) => note(`create ${topic} with ${partitions}`),
        count: (topic) => note(`count ${topic}`).then(() => found),
        delete: (topic) => note(`delete ${topic}`),
      },
    },
  };
  return { peer, conditions, events };
}

suite('measuring one peer in one round', { skip: process.platform !== 'linux' }, () => {
  test('its records are counted once it has stopped, and its topic is deleted last', async () => {
    const { peer, conditions, events } = setting({});
    await measure(peer, 0, conditions);
    assert.deepEqual(events, [
      'create bench.r.fake.1 with 3',
      'start bench.r.fake.1',
      'load 1 s on 64',
      'count bench.r.fake.1',
      'load 2 s on 64',
      'count bench.r.fake.1',
      'stop',
      'count bench.r.fake.1',
      'delete bench.r.fake.1',
    ]);
  });

  test('a record that is not in the topic is missing, be it of the warm-up or of the window', async () => {
    const { peer, conditions } = setting({ found: 1_990 });
    const sample = await measure(peer, 0, conditions);
    assert.equal(sample.recordsMissing, 10);
    assert.equal(sample.recordsDropped, 7);
    assert.equal(sample.errors, 2);
  });

  test('records beyond the answers, of requests in flight when the load ended, do not make a negative loss', async () => {
    const { peer, conditions } = setting({ found: 2_064 });
    assert.equal((await measure(peer, 0, conditions)).recordsMissing, 0);
  });

  test('a peer without a log gets no topic', async () => {
    const { peer, conditions, events } = setting({ recordFields: 0 });
    const sample = await measure(peer, 0, { ...conditions, kafka: undefined });
    assert.equal(sample.recordsMissing, null);
    assert.deepEqual(events, ['start bench.r.fake.1', 'load 1 s on 64', 'load 2 s on 64', 'stop']);
  });

  test('a peer may have its own connections and partitions', async () => {
    const { peer, conditions, events } = setting({});
    await measure({ ...peer, connections: 1_000, partitions: 64 }, 0, conditions);
    assert.ok(
      events.includes('create bench.r.fake.1 with 64') && events.includes('load 2 s on 1000'),
      `${events}`,
    );
  });

  test('a peer whose Kafka replicates gets the brokers that do', async () => {
    const { peer, conditions, events } = setting({});
    const replicated = conditions.kafka;
    await measure({ ...peer, kafka: 'replicated' }, 0, { ...conditions, kafka: undefined, replicated });
    assert.equal(events[0], 'create bench.r.fake.1 with 3');
    await assert.rejects(measure({ ...peer, kafka: 'replicated' }, 0, conditions), /needs Kafka/);
  });

  test('a peer whose Kafka is away gets a closed port and no topic', async () => {
    const { peer, conditions, events } = setting({});
    const sample = await measure({ ...peer, kafka: 'down' }, 0, { ...conditions, kafka: undefined });
    assert.equal(sample.recordsMissing, null);
    assert.deepEqual(events, ['start bench.r.fake.1', 'load 1 s on 64', 'load 2 s on 64', 'stop']);
  });

  test('what a peer found of itself stands in its sample', async () => {
    const { peer, conditions } = setting({});
    const start: Peer['start'] = async (options) => ({
      ...(await peer.start(options)),
      figures: async () => ({ delayP99Ms: 12 }),
    });
    assert.deepEqual((await measure({ ...peer, start }, 0, conditions)).own, { delayP99Ms: 12 });
  });

  test('when the load fails, the peer is stopped, the topic deleted, and the failure told', async () => {
    const { peer, conditions, events } = setting({ failingRun: 2 });
    await assert.rejects(measure(peer, 0, conditions), /^Error: no load$/);
    assert.deepEqual(events.slice(-2), ['stop', 'delete bench.r.fake.1']);
  });

  test('a peer that ends badly has no figures', async () => {
    const { peer, conditions, events } = setting({ end: { exitCode: 3, lastLine: 'a thread died' } });
    await assert.rejects(measure(peer, 0, conditions), /it ended with exit code 3: a thread died/);
    assert.equal(events.at(-1), 'delete bench.r.fake.1');
  });
});
