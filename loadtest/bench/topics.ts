import type { Admin } from 'kafkajs';
import { kafkaClient } from '../../test/support/kafka-client.ts';
import { waitFor } from '../../test/support/wait-for.ts';

/** Makes, counts and deletes the temporary topics of a run. */
export interface Topics {
  create(topic: string, partitions: number): Promise<void>;
  /** Records that the topic holds: the end offsets of its partitions, added up. */
  count(topic: string): Promise<number>;
  delete(topic: string): Promise<void>;
}

/** Topics on these brokers. Each call connects and disconnects: nothing of it is left to run while a peer is measured. */
export function topicsOn(brokers: readonly string[]): Topics {
  // The load on the same core may keep Kafka from answering for a while: patience, not the quick failure of a test.
  const kafka = kafkaClient([...brokers], {
    clientId: 'redirector-bench',
    requestTimeout: 30_000,
    retry: { retries: 5, initialRetryTime: 300 },
  });
  const withAdmin = async <T>(use: (admin: Admin) => Promise<T>): Promise<T> => {
    const admin = kafka.admin();
    await admin.connect();
    try {
      return await use(admin);
    } finally {
      await admin.disconnect();
    }
  };
  return {
    create: (topic, partitions) =>
      withAdmin(async (admin) => {
        // Its own wait for leaders gives up when the broker does not know of the new topic at once.
        await admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: false });
        await waitFor(`the topic ${topic}`, () => admin.fetchTopicOffsets(topic), {
          timeoutMs: 30_000,
          until: (offsets) => offsets.length === partitions,
        });
      }),
    count: (topic) =>
      withAdmin(async (admin) => {
        const offsets = await admin.fetchTopicOffsets(topic);
        return offsets.reduce((sum, partition) => sum + Number(partition.offset), 0);
      }),
    delete: (topic) => withAdmin((admin) => admin.deleteTopics({ topics: [topic] })),
  };
}
