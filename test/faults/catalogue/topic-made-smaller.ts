import assert from 'node:assert/strict';
import { apiKey } from '../../support/kafka-proxy.ts';
import { createTopic } from '../../support/topics.ts';
import type { Fault } from '../fault.ts';
import { deleteTopic, deliveredSoFar } from './topic-made-again.ts';

export const topicMadeSmaller: Fault = {
  name: 'topic-made-smaller',
  holds:
    'a topic that is made again with fewer partitions while answers are lost: batches for partitions that are gone take others, ' +
    'and what the broker cannot recognise is counted',
  brokers: 1,
  topic: { partitions: 4 },
  flags: { 'request.timeout': '1s' },
  told: /is not taking records/,
  mayRepeat: true,
  prepare: async ({ proxy }) => ({ brokers: proxy.address }),
  async inject(scene) {
    scene.proxy.delayAnswers(60_000, apiKey.PRODUCE);
    await scene.server.waitForStats('a lost answer', ({ sink }) => sink.lastError !== null);
    await deleteTopic(scene);
  },
  takenAway: deliveredSoFar,
  async heal({ kafka, proxy, topic }) {
    proxy.delayAnswers(0);
    await createTopic(kafka.brokers, { name: topic, partitions: 2 });
  },
  check({ possibleDuplicates, foundIn }) {
    assert.ok(possibleDuplicates > 0, 'a batch was under way when its partition went');
    assert.deepEqual(Object.keys(foundIn), ['0', '1']);
  },
};
