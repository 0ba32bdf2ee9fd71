import { randomBytes } from 'node:crypto';
import type { Admin } from 'kafkajs';
import { kafkaClient } from './kafka-client.ts';
import { waitFor } from './wait-for.ts';

export interface TopicOptions {
  /** How its name begins; the rest is random, as test files share a broker. */
  prefix?: string;
  /** Its whole name, where a test needs a certain one. */
  name?: string;
  partitions?: number;
  /** By default what the cluster says: 1 on one broker, 3 on three. */
  replicationFactor?: number;
  /** Kafka's own names, e.g. `{'max.message.bytes': '1000'}`. */
  config?: Record<string, string>;
}

/** Makes a topic with a name of its own, waits until its partitions have leaders, and gives its name. */
export async function createTopic(brokers: string[], options: TopicOptions = {}): Promise<string> {
  const topic = options.name ?? `${options.prefix ?? 'test'}.${randomBytes(4).toString('hex')}`;
  // On a busy machine a new topic's leaders take longer than a client waits that is to fail fast.
  const admin = kafkaClient(brokers, { retry: { retries: 10, initialRetryTime: 50 } }).admin();
  await admin.connect();
  try {
    await admin.createTopics({
      waitForLeaders: false, // kafkajs gives up at a broker that has not heard of it yet
      topics: [
        {
          topic,
          numPartitions: options.partitions ?? -1,
          replicationFactor: options.replicationFactor ?? -1,
          configEntries: Object.entries(options.config ?? {}).map(([name, value]) => ({ name, value })),
        },
      ],
    });
  } finally {
    await admin.disconnect();
  }
  // Brokers hear of it one after another. Throws, and is tried again, while a partition has no leader or the broker does not know it.
  const know = (broker: string) =>
    withAdmin([broker], (admin) => admin.fetchTopicMetadata({ topics: [topic] }));
  for (const broker of brokers)
    await waitFor(`the leaders of ${topic} at ${broker}`, () => know(broker), { timeoutMs: 30_000 });
  return topic;
}

/** The names of all topics. */
export const topicsOf = (brokers: string[]): Promise<string[]> =>
  withAdmin(brokers, (admin) => admin.listTopics());

/** The partitions of a topic, in order: who leads each, and who has all of it. */
export async function partitionsOf(
  brokers: string[],
  topic: string,
): Promise<{ leader: number; isr: number[] }[]> {
  return withAdmin(brokers, async (admin) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]!.partitions.toSorted((a, b) => a.partitionId - b.partitionId);
  });
}

/** Runs `work` with a connected admin client. */
export async function withAdmin<T>(brokers: string[], work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafkaClient(brokers).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}
