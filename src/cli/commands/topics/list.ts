/** `redirector topics list`. */
import { exitCode } from '../../../errors.ts';
import { boolean } from '../../../option-types.ts';
import { defineCommand, ownOption } from '../../command.ts';
import { kafkaConnectionKeys, replicationFactorOf, withAdmin } from '../../kafka-admin.ts';
import { note, printJson, printTable } from '../../output.ts';

/** Kafka's own topics (__consumer_offsets and its like) begin so, and no other topic should. */
const INTERNAL_PREFIX = '__';

export const command = defineCommand({
  examples: [
    ['redirector topics list --brokers localhost:9092', 'Every topic but those of Kafka itself'],
    ['redirector topics list --brokers localhost:9092 --internal --json', 'All of them, for a program'],
  ],
  takes: kafkaConnectionKeys,
  json: true,
  own: {
    internal: ownOption({
      type: boolean,
      default: false,
      help: "List Kafka's own topics too.",
      accepts: ['true'],
      refuses: ['some'],
    }),
  },
  async run({ own, json, loadConfig }) {
    const { config } = loadConfig();
    const { topics: found } = await withAdmin(config, (admin) => admin.fetchTopicMetadata());
    const topics = found
      .map((topic) => ({
        name: topic.name,
        partitions: topic.partitions.length,
        replicationFactor: replicationFactorOf(topic),
        internal: topic.name.startsWith(INTERNAL_PREFIX),
      }))
      .filter((topic) => own.internal || !topic.internal)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    if (json) {
      printJson({ topics });
    } else if (topics.length === 0) {
      note('There are no topics.');
    } else {
      const rows = topics.map((topic) => [topic.name, topic.partitions, topic.replicationFactor]);
      printTable(rows, ['topic', 'partitions', 'replicas']);
    }
    return exitCode.ok;
  },
});
