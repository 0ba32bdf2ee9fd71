/** `redirector topics describe [topic]`. */
import type { Admin, ITopicMetadata } from 'kafkajs';
import type { Config } from '../../../config.ts';
import { exitCode, userError } from '../../../errors.ts';
import { defineCommand } from '../../command.ts';
import {
  findTopic,
  kafkaConnectionKeys,
  replicationFactorOf,
  type TopicSetting,
  topicSettings,
  withAdmin,
  withTransport,
} from '../../kafka-admin.ts';
import { printJson, printLine, printTable } from '../../output.ts';
import { topicArgument } from './topic-argument.ts';

/** Offsets are text, as they do not fit a number: `low` is the first that is kept, `high` the next to be written. */
interface PartitionDescription {
  readonly partition: number;
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  readonly low: string;
  readonly high: string;
  /** On the leader's disk; null where this client may not see it. */
  readonly bytes: number | null;
}

interface TopicDescription {
  readonly topic: string;
  readonly replicationFactor: number;
  /** The sum of high - low: no more than that many records, as a compacted topic has gaps. */
  readonly offsets: string;
  readonly partitions: readonly PartitionDescription[];
  /** Those that are not at Kafka's default. */
  readonly settings: readonly TopicSetting[];
}

export const command = defineCommand({
  details:
    'The bytes are those on the disk of the leader; brokers tell them to clients with the right to describe the cluster.',
  examples: [
    ['redirector topics describe --brokers localhost:9092', 'The topic of the configuration'],
    ['redirector topics describe clicks --brokers localhost:9092 --json', 'Another, for a program'],
  ],
  takes: ['topic', ...kafkaConnectionKeys],
  json: true,
  args: { topic: topicArgument },
  async run({ args, json, loadConfig }) {
    const { config } = loadConfig();
    const topic = args.topic ?? config.topic;
    const description = await withAdmin(config, (admin) => describe(admin, config, topic));
    if (description === undefined) {
      throw userError('TOPIC_NOT_FOUND', { topic, brokers: (config.brokers ?? []).join(', ') });
    }
    if (json) printJson(description);
    else print(description);
    return exitCode.ok;
  },
});

async function describe(admin: Admin, config: Config, topic: string): Promise<TopicDescription | undefined> {
  const found = await findTopic(admin, topic);
  if (found === undefined) return undefined;
  const offsets = new Map((await admin.fetchTopicOffsets(topic)).map((entry) => [entry.partition, entry]));
  const sizes = await sizesOf(config, found);
  const partitions = found.partitions
    .map(({ partitionId, leader, replicas, isr }) => ({
      partition: partitionId,
      leader,
      replicas,
      isr,
      low: offsets.get(partitionId)?.low ?? '0',
      high: offsets.get(partitionId)?.high ?? '0',
      bytes: sizes.get(partitionId) ?? null,
    }))
    .sort((a, b) => a.partition - b.partition);
  const settings = (await topicSettings(admin, topic)).filter(({ from }) => from !== 'default');
  const total = partitions.reduce((sum, { low, high }) => sum + BigInt(high) - BigInt(low), 0n);
  return {
    topic,
    replicationFactor: replicationFactorOf(found),
    offsets: String(total),
    partitions,
    settings,
  };
}

/** Bytes of each partition, as its leader has it. */
async function sizesOf(config: Config, { name, partitions }: ITopicMetadata): Promise<Map<number, number>> {
  const { describeLogDirs } = await import('../../../server/sink/kafka-own-requests.ts');
  return withTransport(config, async (transport) => {
    await transport.metadata(name); // from which it knows where the brokers are
    const sizes = new Map<number, number>();
    const leaders = new Set(partitions.map(({ leader }) => leader).filter((leader) => leader >= 0));
    for (const node of leaders) {
      const led = partitions.filter(({ leader }) => leader === node).map(({ partitionId }) => partitionId);
      for (const { partition, bytes } of await transport.ask(node, describeLogDirs(name, led)))
        sizes.set(partition, bytes);
    }
    return sizes;
  });
}

function print({ topic, replicationFactor, offsets, partitions, settings }: TopicDescription): void {
  printLine(
    `Topic "${topic}": ${partitions.length} partitions, replication factor ${replicationFactor}, ${offsets} offsets.`,
  );
  printLine();
  printTable(
    partitions.map(({ partition, leader, replicas, isr, low, high, bytes }) => [
      partition,
      leader,
      replicas.join(','),
      isr.join(','),
      low,
      high,
      bytes ?? '?',
    ]),
    ['partition', 'leader', 'replicas', 'in sync', 'low', 'high', 'bytes'],
  );
  if (settings.length === 0) return;
  printLine();
  printTable(
    settings.map(({ name, value, from }) => [name, value, from]),
    ['setting', 'value', 'set by'],
  );
}
