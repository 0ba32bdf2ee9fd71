import kafkajs from 'kafkajs';
import { withAdmin } from '../../support/topics.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { Fault, Stage } from '../fault.ts';

async function setMaxMessageBytes({ kafka, topic }: Stage, bytes: number): Promise<void> {
  await withAdmin(kafka.brokers, (admin) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name: topic,
          configEntries: [{ name: 'max.message.bytes', value: String(bytes) }],
        },
      ],
    }),
  );
}

export const batchTooLarge: Fault = {
  name: 'batch-too-large',
  holds:
    'the topic takes no batch of the usual size any more: batches go in parts, and every record is delivered once',
  brokers: 1,
  aside: true,
  topic: { partitions: 2 },
  flags: { linger: '300ms' }, // batches of some size, also at a low rate
  told: /Batches are too large for topic/,
  async inject(scene) {
    await setMaxMessageBytes(scene, 10_000);
    await waitFor('it to be told', () => scene.server.stderr().includes('Batches are too large'));
  },
  heal: (scene) => setMaxMessageBytes(scene, 1_048_588),
};
