import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KafkaBrokers } from '../../../src/server/sink/kafka-brokers.ts';
import { KafkaView } from '../../../src/server/sink/kafka-view.ts';
import { fakeKafka } from '../../support/fake-kafka-sink.ts';
import { waitFor } from '../../support/wait-for.ts';

/** With the one broker as its leader. */
const knownPartition = (id: number) => ({ id, leader: 1, gone: false });

function oneBroker(): KafkaBrokers {
  const brokers = new KafkaBrokers();
  brokers.found(new Map([[1, 'a:9092']]));
  return brokers;
}

describe('what a Kafka sink tells of its cluster', () => {
  it('is nothing before a broker has answered, then brokers and partitions, as long as nothing changes the same', async (t) => {
    const { sink } = await fakeKafka(t, { partitions: 2 });
    assert.equal(sink.cluster, undefined);
    const cluster = await waitFor('a look', () => sink.cluster);
    assert.deepEqual(cluster, {
      topic: 'clicks',
      topics: ['clicks'],
      brokers: [{ id: 1, address: '127.0.0.1:9092', state: 'up', leads: 2 }],
      brokerCount: 1,
      partitions: [
        { topic: 'clicks', id: 0, leader: 1, state: 'ready' },
        { topic: 'clicks', id: 1, leader: 1, state: 'ready' },
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
    assert.deepEqual(failing?.partitions, [{ topic: 'clicks', id: 0, leader: 1, state: 'leader_failing' }]);
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
    const partitions = Array.from({ length: 1000 }, (_, id) => knownPartition(id));
    partitions[7]!.gone = true;
    partitions[999]!.leader = -1;
    const view = new KafkaView({ all: [{ name: 'clicks', partitions }] }, oneBroker()).read();
    assert.deepEqual([view?.partitionCount, view?.partitions.length], [1000, 200]);
    assert.deepEqual(view?.partitions[7], { topic: 'clicks', id: 7, leader: null, state: 'gone' });
    assert.deepEqual(view?.partitions.at(-1), { topic: 'clicks', id: 999, leader: null, state: 'no_leader' });
  });

  it('has the partitions of every topic, of one that is missing none, and what a broker leads of all', () => {
    const all = [
      { name: 'clicks', partitions: [knownPartition(0), knownPartition(1)] },
      { name: 'missing', partitions: [] },
      { name: 'orders', partitions: [knownPartition(0)] },
    ];
    const view = new KafkaView({ all }, oneBroker()).read();
    assert.deepEqual(view?.topics, ['clicks', 'missing', 'orders']);
    assert.deepEqual(
      view?.partitions.map(({ topic, id }) => `${topic}-${id}`),
      ['clicks-0', 'clicks-1', 'orders-0'],
    );
    assert.deepEqual([view?.partitionCount, view?.brokers[0]?.leads], [3, 3]);
  });
});
