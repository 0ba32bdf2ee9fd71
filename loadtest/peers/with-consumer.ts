import { kafkaClient } from '../../test/support/kafka-client.ts';
import { TimeHistogram } from '../latency.ts';
import type { Peer } from './peer.ts';

/**
 * A peer whose topic is read while it runs. Tells the delay from the moment that stands in a record (the answer's, in whole
 * milliseconds) to the moment at which the consumer has it.
 */
export const withConsumer = (peer: Peer): Peer => ({
  ...peer,
  async start(options) {
    const delays = new TimeHistogram();
    const consumer = kafkaClient([...options.brokers], { requestTimeout: 30_000 }).consumer({
      groupId: options.topic,
      maxWaitTimeInMs: 1_000,
    });
    await consumer.connect();
    try {
      await consumer.subscribe({ topic: options.topic, fromBeginning: true });
      await consumer.run({
        eachBatch: async ({ batch }) => {
          const now = Date.now();
          for (const { timestamp } of batch.messages) delays.record(now - Number(timestamp));
        },
      });
      const running = await peer.start(options);
      return {
        ...running,
        figures: async () => ({ delayP50Ms: delays.percentile(50), delayP99Ms: delays.percentile(99) }),
        async stop() {
          await consumer.disconnect();
          return running.stop();
        },
      };
    } catch (error) {
      await consumer.disconnect();
      throw error;
    }
  },
});
