import assert from 'node:assert/strict';
import { kcatConsume } from '../../support/kcat.ts';
import { withAdmin } from '../../support/topics.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { Fault } from '../fault.ts';

export const partitionsAdded: Fault = {
  name: 'partitions-added',
  holds:
    'partitions that are added get their share once metadata.maxAge is over, and nothing is told, as nothing is wrong',
  brokers: 1,
  aside: true,
  flags: { 'metadata.maxAge': '1s' },
  async inject({ kafka, topic }) {
    await withAdmin(kafka.brokers, (admin) =>
      admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] }),
    );
    await waitFor('records in every partition', async () => {
      const records = await kcatConsume(kafka.brokers, topic);
      return new Set(records.map(({ partition }) => partition)).size === 3;
    });
  },
  async heal() {},
  check: ({ foundIn }) => assert.deepEqual(Object.keys(foundIn), ['0', '1', '2']),
};
