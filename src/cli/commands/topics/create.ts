/** `redirector topics create`: idempotent, so that it can stand in any script before a start. */
import type { Admin } from 'kafkajs';
import type { Config } from '../../../config.ts';
import { exitCode, userError } from '../../../errors.ts';
import { boolean, integer } from '../../../option-types.ts';
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
import { rulesOptions } from '../../rules-file.ts';
import { askedSettings, settingKey, settingOptions, shownSetting } from '../../topic-settings.ts';
import { topicArgument } from './topic-argument.ts';

const DEFAULT_PARTITIONS = 12;
const DEFAULT_REPLICAS = 3;
const RETENTION = 'retention.ms';

/** What the command line asked for; undefined where it did not say. */
interface Asked {
  readonly partitions: number | undefined;
  readonly replicationFactor: number | undefined;
  /** By Kafka's names. */
  readonly settings: ReadonlyMap<string, string>;
  readonly dryRun: boolean;
}

/** What a topic that was there already has, and what was asked; settings by the names of their options. */
interface Difference {
  readonly setting: string;
  readonly asked: number | string;
  readonly is: number | string;
}

interface Outcome {
  readonly topic: string;
  readonly created: boolean;
  readonly partitions: number;
  readonly replicationFactor: number;
  /** In force, by Kafka's names: retention and what was asked. */
  readonly settings: ReadonlyMap<string, string>;
  readonly differences: readonly (Difference & {
    readonly label: string;
    readonly shown: readonly [string, string];
  })[];
}

export const command = defineCommand({
  details:
    'A topic that exists is left as it is, and every difference from what was asked is named. It returns when each ' +
    'partition has a leader, so that a server started next finds the topic ready. Where there are rules, the topics that ' +
    'they name are made alike, unless one topic is named. With --dry-run the brokers only check whether they would make it.',
  examples: [
    ['redirector topics create --brokers localhost:9092', 'Makes the topic "log" with 12 partitions'],
    [
      'redirector topics create clicks --brokers kafka-1:9092 --partitions 24 --retention 7d --min-insync-replicas 2',
      'Another topic, kept for a week on two replicas at least',
    ],
    [
      'redirector topics create --brokers kafka-1:9092 --rules rules.yaml',
      'The topic "log", and those that rules name for their records',
    ],
    [
      'redirector topics create --brokers kafka-1:9092 --set segment.ms=86400000 --dry-run',
      "With a setting by Kafka's name, and only to see whether it could be made",
    ],
  ],
  takes: ['topic', 'rules', ...rulesOptions, ...kafkaConnectionKeys],
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
    ...settingOptions,
    dryRun: ownOption({
      type: boolean,
      default: false,
      help: 'Make nothing, only say what would be done.',
      accepts: ['true'],
      refuses: ['maybe'],
    }),
  },
  async run({ own, args, json, loadConfig }) {
    const { config } = loadConfig();
    const ofRules = args.topic === undefined && config.rules !== undefined ? await topicsOfRules(config) : [];
    const names = [args.topic ?? config.topic, ...ofRules];
    const asked = { ...own, settings: askedSettings(own) };
    const outcomes = await withAdmin(config, async (admin) => {
      const planned = await plan(admin, asked);
      return Promise.all(names.map((name) => ensureTopic(admin, config, name, asked, planned)));
    });
    if (json) {
      const [first, ...others] = outcomes.map((outcome) => shownOutcome(outcome, own.dryRun));
      printJson({ ...first, ...(others.length > 0 ? { ruleTopics: others } : {}) });
    } else {
      for (const outcome of outcomes) tell(outcome, own.dryRun);
    }
    return exitCode.ok;
  },
});

async function topicsOfRules(config: Config): Promise<readonly string[]> {
  const { loadRules } = await import('../../../server/redirect/rules.ts');
  return loadRules(config).set.topics;
}

async function ensureTopic(
  admin: Admin,
  config: Config,
  name: string,
  asked: Asked,
  planned: Plan,
): Promise<Outcome> {
  const found = await findTopic(admin, name);
  const created = found === undefined && (await createTopic(admin, config, name, planned));
  if (created && asked.dryRun) return { topic: name, created, ...planned, differences: [] };
  const topic = await topicWithLeaders(admin, name);
  const names = [RETENTION, ...asked.settings.keys()];
  const inForce = (await topicSettings(admin, name, names)).map(({ name, value }) => [name, value] as const);
  const is = {
    partitions: topic.partitions.length,
    replicationFactor: replicationFactorOf(topic),
    settings: new Map(inForce),
  };
  return { topic: name, created, ...is, differences: differencesOf(asked, is) };
}

/** What a topic is made with. */
type Plan = Pick<Outcome, 'partitions' | 'replicationFactor' | 'settings'> & {
  readonly dryRun: boolean;
  readonly brokers: number;
};

async function plan(admin: Admin, { partitions, replicationFactor, settings, dryRun }: Asked): Promise<Plan> {
  const brokers = (await admin.describeCluster()).brokers.length;
  return {
    partitions: partitions ?? DEFAULT_PARTITIONS,
    replicationFactor: replicationFactor ?? Math.min(DEFAULT_REPLICAS, brokers),
    settings,
    dryRun,
    brokers,
  };
}

function differencesOf(asked: Asked, is: Pick<Outcome, 'partitions' | 'replicationFactor' | 'settings'>) {
  const differences: Outcome['differences'][number][] = [];
  const compare = (setting: string, label: string, wanted: number | undefined, actual: number): void => {
    if (wanted === undefined || wanted === actual) return;
    differences.push({ setting, label, asked: wanted, is: actual, shown: [String(actual), String(wanted)] });
  };
  compare('partitions', 'partitions', asked.partitions, is.partitions);
  compare('replicationFactor', 'replication factor', asked.replicationFactor, is.replicationFactor);
  for (const [name, wanted] of asked.settings) {
    const actual = is.settings.get(name);
    if (actual === undefined || actual === wanted) continue;
    differences.push({
      setting: settingKey(name),
      label: settingKey(name) === 'retention' ? 'retention' : name,
      asked: numberOrText(wanted),
      is: numberOrText(actual),
      shown: [shownSetting(name, actual), shownSetting(name, wanted)],
    });
  }
  return differences;
}

const numberOrText = (value: string): number | string => (/^-?\d+$/.test(value) ? Number(value) : value);

/** Resolves with false when another was faster and the topic exists by now. */
async function createTopic(
  admin: Admin,
  config: Config,
  name: string,
  { partitions, replicationFactor, settings, dryRun, brokers }: Plan,
): Promise<boolean> {
  try {
    return await admin.createTopics({
      waitForLeaders: false, // kafkajs gives up on a topic that no broker knows yet; topicWithLeaders does not
      validateOnly: dryRun,
      topics: [
        {
          topic: name,
          numPartitions: partitions,
          replicationFactor,
          configEntries: [...settings].map(([name, value]) => ({ name, value })),
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

function shownOutcome(
  { topic, created, partitions, replicationFactor, settings, differences }: Outcome,
  dryRun: boolean,
) {
  const retention = settings.get(RETENTION);
  return {
    topic,
    created,
    ...(dryRun ? { dryRun: true } : {}),
    partitions,
    replicationFactor,
    retentionMs: retention === undefined ? null : Number(retention),
    differences: differences.map(({ setting, asked, is }) => ({ setting, asked, is })),
  };
}

function tell(
  { topic, created, partitions, replicationFactor, settings, differences }: Outcome,
  dryRun: boolean,
): void {
  const facts = [
    `${partitions} partitions`,
    `replication factor ${replicationFactor}`,
    ...[...settings].map(
      ([name, value]) => `${name === RETENTION ? 'retention' : name} ${shownSetting(name, value)}`,
    ),
  ];
  const done = !created ? 'exists already' : dryRun ? 'would be made' : 'is made';
  printLine(`Topic "${topic}" ${done}: ${facts.join(', ')}.`);
  for (const { label, shown } of differences) {
    const differs = styled('yellow', 'differs:', process.stderr);
    note(`${differs} ${label} is ${shown[0]}, not ${shown[1]} as asked; left as it is.`);
  }
}
