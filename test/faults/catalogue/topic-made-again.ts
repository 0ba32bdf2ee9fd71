import { createTopic, withAdmin } from '../../support/topics.ts';
import type { Fault, Scene } from '../fault.ts';

/** Deletes the topic and waits until the server has seen that it is gone. */
export async function deleteTopic({ kafka, topic, server }: Scene): Promise<void> {
  await withAdmin(kafka.brokers, (admin) => admin.deleteTopics({ topics: [topic] }));
  await server.waitForStats('it to be missed', ({ sink }) => /does not exist/.test(sink.lastError ?? ''));
}

/** While there is no topic nothing is delivered: all that was, was in the old one. */
export async function deliveredSoFar({ server }: Scene): Promise<number> {
  return (await server.stats()).ledger.delivered;
}

export const topicMadeAgain: Fault = {
  name: 'topic-made-again',
  holds:
    'a topic that is deleted and made again takes what waited, each record once; what it held is gone with it',
  brokers: 1,
  aside: true,
  topic: { partitions: 3 },
  told: /is not taking records/,
  mayRepeat: true,
  inject: deleteTopic,
  takenAway: deliveredSoFar,
  async heal({ kafka, topic }) {
    await createTopic(kafka.brokers, { name: topic, partitions: 3 });
  },
};
