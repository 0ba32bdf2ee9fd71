import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { clicksIn } from '../support/clicks.ts';
import { type KafkaCluster, type KafkaNode, startKafka } from '../support/kafka.ts';
import { kafkaClient } from '../support/kafka-client.ts';
import { serve } from '../support/kafka-server.ts';
import { realPart } from '../support/real-parts.ts';
import { startLoad } from '../support/steady-load.ts';
import { createTopic } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';

const RPS = 1000;

/** Leaders of a topic's partitions, by partition. */
async function leadersOf(brokers: string[], topic: string): Promise<number[]> {
  const admin = kafkaClient(brokers).admin();
  await admin.connect();
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const partitions = topics[0]!.partitions.toSorted((a, b) => a.partitionId - b.partitionId);
    return partitions.map(({ leader }) => leader);
  } finally {
    await admin.disconnect();
  }
}

describe('with three brokers', { skip: await realPart('kafka', 'kcat') }, () => {
  let kafka: KafkaCluster;

  before(async () => {
    kafka = await startKafka({ brokers: 3 });
  });
  after(() => kafka?.stop());

  const cases: [what: string, replicationFactor: number, end: (node: KafkaNode) => Promise<void>][] = [
    ['killed, its partitions get new leaders', 3, (node) => node.kill('SIGKILL')],
    ['stopped in an orderly way, its partitions get new leaders', 3, (node) => node.stop()],
    ['killed that alone has its partitions, they wait until it is back', 1, (node) => node.kill('SIGKILL')],
  ];
  for (const [what, replicationFactor, end] of cases) {
    it(`and one ${what}: traffic goes on, and every record is delivered once`, async () => {
      const topic = await createTopic(kafka.brokers, { partitions: 6, replicationFactor });
      await using server = await serve({ brokers: kafka.brokers.join(','), topic, 'request.timeout': '2s' });
      const load = startLoad(server.url, RPS);
      await waitFor('some deliveries', async () => (await server.stats()).ledger.delivered > RPS);

      const before = await leadersOf(kafka.brokers, topic);
      const victim = kafka.nodes.find(({ id }) => id === before[0])!;
      await end(victim);
      try {
        const { ledger } = await server.stats();
        await server.waitForStats(
          'deliveries to go on without it',
          ({ ledger: { delivered } }) => delivered > ledger.delivered + 2 * RPS,
          30_000,
        );
        const alive = kafka.brokers.filter((address) => address !== victim.address);
        if (replicationFactor > 1) {
          await waitFor('new leaders', async () => !(await leadersOf(alive, topic)).includes(victim.id), {
            timeoutMs: 30_000,
          });
          await server.waitForStats(
            'the queue to be short',
            ({ ledger: { queued } }) => queued < RPS,
            30_000,
          );
        }
      } finally {
        await victim.start();
      }
      const result = await load.stop();
      assert.deepEqual(result.failures, {});
      assert.equal(result.answered, result.sent);
      const { ledger } = await server.quiet(result.sent);
      assert.equal(ledger.delivered, result.sent);
      assert.equal(ledger.unaccounted, 0);
      const ids = (await clicksIn(kafka.brokers, topic)).map(({ id }) => id);
      assert.equal(new Set(ids).size, result.sent, 'every record was found');
      assert.equal(ids.length, result.sent, 'no record was found twice');
    });
  }
});
