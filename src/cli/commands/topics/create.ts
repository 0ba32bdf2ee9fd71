/** `redirector topics create`: idempotent, so that it can stand in any script before a start. */
import type { Admin, ITopicMetadata } from 'kafkajs';
import type { Config } from '../../../config.ts';
import { exitCode, userError } from '../../../errors.ts';
import { duration, integer } from '../../../option-types.ts';
import { defineCommand, ownOption } from '../../command.ts';
import {
  findTopic,
  kafkaConnectionKeys,
  kafkaErrorType,
  replicationFactorOf,
  topicSettings,
  topicWithLeaders,
  withAdmin,
} from '../../kafka-admin.ts';
import { note, printJson, printLine, styled } from '../../output.ts';
import { topicArgument } from './topic-argument.ts';

const DEFAULT_PARTITIONS = 12;
const DEFAULT_REPLICAS = 3;
const RETENTION = 'retention.ms';

/** What the command line asked for; undefined where it did not say. */
interface Asked {
  readonly partitions: number | undefined;
  readonly replicationFactor: number | undefined;
  /** In ms. */
  readonly retention: number | undefined;
}

/** A setting of a topic that was there already and is not as asked; `retention` in ms, -1 for "for ever". */
interface Difference {
  readonly setting: keyof Asked;
  readonly asked: number;
  readonly is: number;
}

interface Outcome {
  readonly created: boolean;
  readonly topic: ITopicMetadata;
  /** In ms, -1 for "for ever"; undefined when Kafka does not tell. */
  readonly retention: number | undefined;
  readonly differences: readonly Difference[];
}

export const command = defineCommand({
  details:
    'A topic that exists is left as it is, and every difference from what was asked is named. It returns when each ' +
    'partition has a leader, so that a server started next finds the topic ready.',
  examples: [
    ['redirector topics create --brokers localhost:9092', 'Makes the topic "log" with 12 partitions'],
    [
      'redirector topics create clicks --brokers kafka-1:9092 --partitions 24 --retention 7d',
      'Another topic, kept for a week',
    ],
  ],
  takes: ['topic', ...kafkaConnectionKeys],
  json: true,
  args: { topic: topicArgument },
  own: {
    partitions: ownOption({
      type: integer(1, 10_000),
      defaultText: String(DEFAULT_PARTITIONS),
      help: 'Partitions: how many batches can be under way at once.',
      accepts: ['12'],
      refuses: ['0', 'many'],
    }),
    replicationFactor: ownOption({
      type: integer(1, 32),
      defaultText: `${DEFAULT_REPLICAS}, or as many as there are brokers`,
      help: 'Replicas of each partition.',
      accepts: ['3'],
      refuses: ['0', '1.5'],
    }),
    retention: ownOption({
      type: duration,
      defaultText: "the brokers' own",
      help: 'How long Kafka keeps a record.',
      accepts: ['7d', '12h'],
      refuses: ['7', 'long'],
    }),
  },
  async run({ own, args, json, loadConfig }) {
    const { config } = loadConfig();
    const name = args.topic ?? config.topic;
    const outcome = await withAdmin(config, (admin) => ensureTopic(admin, config, name, own));
    if (json) {
      printJson({
        topic: name,
        created: outcome.created,
        partitions: outcome.topic.partitions.length,
        replicationFactor: replicationFactorOf(outcome.topic),
        retentionMs: outcome.retention ?? null,
        differences: outcome.differences,
      });
    } else {
      tell(name, outcome);
    }
    return exitCode.ok;
  },
});

async function ensureTopic(admin: Admin, config: Config, name: string, asked: Asked): Promise<Outcome> {
  const created =
    (await findTopic(admin, name)) === undefined && (await createTopic(admin, config, name, asked));
  const topic = await topicWithLeaders(admin, name);
  const setting = (await topicSettings(admin, name, [RETENTION]))[0];
  const retention = setting === undefined ? undefined : Number(setting.value);
  const is: Asked = {
    partitions: topic.partitions.length,
    replicationFactor: replicationFactorOf(topic),
    retention,
  };
  const differences = (Object.keys(is) as (keyof Asked)[]).flatMap((key) => {
    const [wanted, actual] = [asked[key], is[key]];
    return wanted === undefined || actual === undefined || wanted === actual
      ? []
      : [{ setting: key, asked: wanted, is: actual }];
  });
  return { created, topic, retention, differences };
}

/** Resolves with false when another was faster and the topic exists by now. */
async function createTopic(admin: Admin, config: Config, name: string, asked: Asked): Promise<boolean> {
  const brokers = (await admin.describeCluster()).brokers.length;
  const replicationFactor = asked.replicationFactor ?? Math.min(DEFAULT_REPLICAS, brokers);
  const entries = asked.retention === undefined ? [] : [{ name: RETENTION, value: String(asked.retention) }];
  try {
    return await admin.createTopics({
      waitForLeaders: false, // kafkajs gives up on a topic that no broker knows yet; topicWithLeaders does not
      topics: [
        {
          topic: name,
          numPartitions: asked.partitions ?? DEFAULT_PARTITIONS,
          replicationFactor,
          configEntries: entries,
        },
      ],
    });
  } catch (error) {
    if (kafkaErrorType(error) !== 'INVALID_REPLICATION_FACTOR') throw error;
    const needs = `a replication factor of ${replicationFactor} needs as many brokers, and the cluster has ${brokers}`;
    throw userError(
      'KAFKA_REQUEST_FAILED',
      {
        brokers: (config.brokers ?? []).join(', '),
        reason: `INVALID_REPLICATION_FACTOR: ${needs}; give --replication-factor ${brokers} or less`,
      },
      { cause: error },
    );
  }
}

const NAMES: Readonly<Record<keyof Asked, string>> = {
  partitions: 'partitions',
  replicationFactor: 'replication factor',
  retention: 'retention',
};

const shown = (setting: keyof Asked, value: number): string => {
  if (setting !== 'retention') return String(value);
  return value < 0 ? 'for ever' : duration.show(value);
};

function tell(name: string, { created, topic, retention, differences }: Outcome): void {
  const facts = [
    `${topic.partitions.length} partitions`,
    `replication factor ${replicationFactorOf(topic)}`,
    ...(retention === undefined ? [] : [`retention ${shown('retention', retention)}`]),
  ];
  printLine(`Topic "${name}" ${created ? 'is made' : 'exists already'}: ${facts.join(', ')}.`);
  for (const { setting, asked, is } of differences) {
    const label = styled('yellow', 'differs:', process.stderr);
    note(
      `${label} ${NAMES[setting]} is ${shown(setting, is)}, not ${shown(setting, asked)} as asked; left as it is.`,
    );
  }
}
