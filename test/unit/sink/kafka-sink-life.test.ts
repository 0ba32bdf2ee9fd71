import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { monotonicMs } from '../../../src/server/queue/clock.ts';
import { flag, owner } from '../../../src/server/queue/slab-layout.ts';
import { ProducerIds } from '../../../src/server/sink/kafka-producer-ids.ts';
import { KafkaSink } from '../../../src/server/sink/kafka-sink.ts';
import { SinkState } from '../../../src/server/sink/sink-state.ts';
import { fakeKafka } from '../../support/fake-kafka-sink.ts';
import { FakeTransport } from '../../support/fake-transport.ts';
import { keptLog } from '../../support/log-lines.ts';
import { makeQueue, sealedSlab, topicTable } from '../../support/queue-fixture.ts';
import { sinkHost } from '../../support/sink-host.ts';
import { waitFor } from '../../support/wait-for.ts';

const delivered = { kind: 'delivered' };

function refusing(idempotence: 'auto' | 'on', errors: string[]) {
  const queue = makeQueue();
  const transport = new FakeTransport();
  transport.initErrors.push(...errors);
  const { log, warnings } = keptLog();
  const sink = new KafkaSink({
    pool: queue.pool,
    transport,
    topics: topicTable('clicks'),
    places: 0,
    acks: 'all',
    idempotence,
    compression: 'none',
    deliveryTimeoutMs: 60_000,
    restMs: 0,
    metadataMaxAgeMs: 60_000,
    host: sinkHost({ log }),
    possibleDuplicates() {},
  });
  return { ...queue, transport, warnings, sink };
}

describe('where the cluster refuses InitProducerId', () => {
  it('auto goes on without idempotence, with one warning that says so', async () => {
    const { sink, pool, transport, warnings, ...queue } = refusing('auto', [
      'GROUP_LOAD_IN_PROGRESS',
      'CLUSTER_AUTHORIZATION_FAILED',
    ]);
    await sink.open();
    await waitFor('the sink to be ready', () => sink.ready() > 0);
    sealedSlab({ pool, ...queue }, ['a']);
    assert.deepEqual(await sink.send(pool.takeSealed(owner.SHIPPER)), delivered);
    assert.equal(transport.requests[0]!.batches[0]!.producerId, -1n);
    assert.equal(warnings.filter((warning) => warning.includes('without idempotence')).length, 1);
    await sink.close(monotonicMs());
  });

  it('on waits for the cluster to agree, and says why', async () => {
    const { sink, transport } = refusing('on', [
      'CLUSTER_AUTHORIZATION_FAILED',
      'CLUSTER_AUTHORIZATION_FAILED',
    ]);
    await sink.open();
    await waitFor('the reason', () => sink.status.lastError?.includes('CLUSTER_AUTHORIZATION_FAILED'));
    assert.equal(sink.ready(), 0);
    await waitFor('the sink to be ready', () => sink.ready() > 0);
    assert.equal(transport.inits, 1);
    await sink.close(monotonicMs());
  });

  it('on does not say connected when the topic alone is well', async (t) => {
    const { sink, transport } = refusing('on', Array(1000).fill('CLUSTER_AUTHORIZATION_FAILED'));
    t.after(() => sink.close(monotonicMs()));
    transport.leaders.set(1, -1); // while one has no leader it looks again and again
    await sink.open();
    await waitFor('the reason', () => sink.status.lastError?.includes('InitProducerId was refused'));
    const { looks } = transport;
    await waitFor('more looks', () => transport.looks > looks + 2);
    assert.match(sink.status.lastError ?? '', /InitProducerId was refused/);
    transport.initErrors.length = 0;
    await waitFor('connected', () => sink.status.state === 'connected');
  });

  it('nothing is asked for before there is a partition to write to', async (t) => {
    const { sink, transport, warnings } = refusing('auto', ['CLUSTER_AUTHORIZATION_FAILED']);
    t.after(() => sink.close(monotonicMs()));
    transport.topicError = 'TOPIC_AUTHORIZATION_FAILED';
    transport.leaders = new Map();
    await sink.open();
    await waitFor('several looks', () => transport.looks > 3);
    assert.equal(transport.initErrors.length, 1, 'InitProducerId was not asked for');
    transport.initErrors.length = 0; // granted, as the right to the topic is
    transport.topicError = 'NONE';
    transport.leaders = new Map([[0, 1]]);
    await waitFor('the sink to be ready', () => sink.ready() > 0);
    assert.equal(transport.inits, 1);
    assert.equal(warnings.filter((warning) => warning.includes('without idempotence')).length, 0);
  });

  it('auto asks again every minute, and batches have ids from then on', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    const transport = new FakeTransport();
    const { log, levels } = keptLog();
    const host = sinkHost({ log });
    transport.initErrors.push('CLUSTER_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED');
    const ids = new ProducerIds({
      transport,
      idempotence: 'auto',
      acks: 'all',
      host,
      state: new SinkState({ again: 'redirector.kafka.connected', down: 'redirector.kafka.degraded' }, host),
      onReady() {},
    });
    t.after(() => ids.stop());
    ids.request();
    for (const [wait, idempotent] of [
      [0, false],
      [60_000, false],
      [60_000, true],
      [60_000, true],
    ] as const) {
      t.mock.timers.tick(wait);
      await turn();
      assert.equal(ids.idempotent, idempotent);
    }
    assert.deepEqual(ids.current, { id: 1n, epoch: 0 });
    assert.deepEqual(levels, ['warn', 'info'], 'each told once');
  });
});

describe('the state of the sink', () => {
  it('is connected again when a broker answers again, with nothing to send', async () => {
    const { sink, transport } = refusing('auto', []);
    transport.reachable = false;
    await sink.open();
    await waitFor('degraded', () => sink.status.lastError?.startsWith('No broker answers'));
    transport.reachable = true;
    await waitFor('connected', () => sink.status.state === 'connected' && sink.status.lastError === null);
    await sink.close(monotonicMs());
  });

  it('does not change with each attempt, of a batch or of a look, while no broker answers', async (t) => {
    const { sink, take, transport, warnings } = await fakeKafka(t);
    await waitFor('the sink to be ready', () => sink.ready() > 0);
    transport.faults.push('lost_request');
    const sending = sink.send(take(['a']));
    await waitFor('the request', () => transport.requests.length === 1);
    transport.reachable = false;
    await waitFor('the trouble', () => sink.status.lastError?.startsWith('No broker answers'));
    const told = warnings.length;
    const { looks } = transport;
    await waitFor('more looks', () => transport.looks > looks + 4);
    assert.equal(warnings.length, told);
    transport.reachable = true;
    assert.deepEqual(await sending, delivered);
  });

  it('names a topic that does not exist, and what to type', async () => {
    const { sink, transport } = refusing('auto', []);
    transport.topicError = 'UNKNOWN_TOPIC_OR_PARTITION';
    transport.leaders = new Map();
    await sink.open();
    await waitFor('the reason', () => /"clicks".*topics create/.test(sink.status.lastError ?? ''));
    await sink.close(monotonicMs());
  });
});

describe('closing', () => {
  it('waits for what is under way', async (t) => {
    const { sink, take, transport } = await fakeKafka(t);
    await waitFor('the sink to be ready', () => sink.ready() > 0);
    const gate = Promise.withResolvers<void>();
    transport.faults.push({ until: gate.promise });
    const sending = sink.send(take(['a']));
    await waitFor('the request', () => transport.requests.length === 1);
    const closing = sink.close(monotonicMs() + 60_000);
    assert.equal(sink.ready(), 0);
    gate.resolve();
    assert.deepEqual(await sending, delivered);
    await closing;
    assert.equal(transport.closed, true);
  });

  it('gives up at the deadline what is under way, as shutdown_deadline, and nothing fails after', async (t) => {
    const { sink, pool, take, transport } = await fakeKafka(t);
    await waitFor('the sink to be ready', () => sink.ready() > 0);
    transport.faults.push({ until: new Promise(() => {}) });
    const slab = take(['a']);
    const sending = sink.send(slab);
    await waitFor('the request', () => transport.requests.length === 1);
    await sink.close(monotonicMs() + 20);
    assert.deepEqual(await sending, { kind: 'dropped', reason: 'shutdown_deadline' });
    assert.equal(pool.hasFlag(slab, flag.ON_WIRE), true);
    await new Promise((resolve) => setTimeout(resolve, 20)); // the request rejects now: an unhandled rejection fails here
  });
});
