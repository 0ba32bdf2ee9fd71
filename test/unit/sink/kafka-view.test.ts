import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Partition } from '../../../src/server/sink/kafka-partition.ts';
import { KafkaView } from '../../../src/server/sink/kafka-view.ts';
import { fakeKafka } from '../../support/fake-kafka-sink.ts';
import { waitFor } from '../../support/wait-for.ts';

describe('what a Kafka sink tells of its cluster', () => {
  it('is nothing before a broker has answered, then brokers and partitions, as long as nothing changes the same', async (t) => {
    const { sink } = await fakeKafka(t, { partitions: 2 });
    assert.equal(sink.cluster, undefined);
    const cluster = await waitFor('a look', () => sink.cluster);
    assert.deepEqual(cluster, {
      topic: 'clicks',
      brokers: [{ id: 1, address: '127.0.0.1:9092', state: 'up', leads: 2 }],
      brokerCount: 1,
      partitions: [
        { id: 0, leader: 1, state: 'ready' },
        { id: 1, leader: 1, state: 'ready' },
      ],
      partitionCount: 2,
    });
    assert.equal(sink.cluster, cluster);
  });

  it('has a broker as failing from a request without an answer to the next that has one', async (t) => {
    const { sink, transport, send } = await fakeKafka(t);
    transport.brokers.set(2, '127.0.0.1:9093');
    const { promise, resolve } = Promise.withResolvers<void>();
    transport.faults.push('lost_request', { until: promise });
    const sending = send('a');
    const failing = await waitFor('it to fail', () => sink.cluster, {
      until: (cluster) => cluster?.brokers[0]?.state === 'failing',
    });
    assert.deepEqual(failing?.partitions, [{ id: 0, leader: 1, state: 'leader_failing' }]);
    resolve();
    await sending;
    await waitFor('it to be up', () => sink.cluster?.brokers[0]?.state === 'up');
  });

  it('has every broker as failing when none answers a look', async (t) => {
    const { sink, transport } = await fakeKafka(t, { metadataMaxAgeMs: 20 });
    await waitFor('a look', () => sink.cluster);
    transport.reachable = false;
    await waitFor('it to fail', () => sink.cluster?.brokers[0]?.state === 'failing');
    transport.reachable = true;
    await waitFor('it to be up', () => sink.cluster?.brokers[0]?.state === 'up');
  });

  it('lists so many partitions at most, and those in trouble among them', () => {
    const partitions = Array.from({ length: 1000 }, (_, id) => new Partition(id));
    for (const partition of partitions) partition.leader = 1;
    partitions[7]!.gone = true;
    partitions[999]!.leader = -1;
    const known = { brokers: new Map([[1, 'a:9092']]), partitions, isCutOff: false, looks: 1 };
    const view = new KafkaView('clicks', known, () => false).read();
    assert.deepEqual([view?.partitionCount, view?.partitions.length], [1000, 200]);
    assert.deepEqual(view?.partitions[7], { id: 7, leader: null, state: 'gone' });
    assert.deepEqual(view?.partitions.at(-1), { id: 999, leader: null, state: 'no_leader' });
  });
});
