/** `redirector topics alter`: more partitions, other settings; what is not named stays as it is. */
import type { Admin } from 'kafkajs';
import type { Config } from '../../../config.ts';
import { exitCode, userError } from '../../../errors.ts';
import { listOf } from '../../../option-type.ts';
import { boolean, integer, nonEmptyText } from '../../../option-types.ts';
import { defineCommand, ownOption } from '../../command.ts';
import {
  findTopic,
  kafkaConnectionKeys,
  topicSettings,
  topicWithLeaders,
  withAdmin,
  withTransport,
} from '../../kafka-admin.ts';
import { printJson, printLine } from '../../output.ts';
import { askedSettings, settingOptions, shownSetting } from '../../topic-settings.ts';
import { topicArgument } from './topic-argument.ts';

/** `null`: the default of the brokers. */
interface Change {
  readonly setting: string;
  readonly from: string;
  readonly to: string | null;
}

export const command = defineCommand({
  details:
    'Only what is named is changed: other settings of the topic stay, also those that somebody else changes meanwhile. ' +
    'Partitions can only become more. With --dry-run the brokers only check the change.',
  examples: [
    ['redirector topics alter --brokers kafka-1:9092 --partitions 24', 'Twice as many partitions'],
    [
      'redirector topics alter clicks --brokers kafka-1:9092 --retention 30d --unset retention.bytes',
      "Keeps records for a month, whatever their size by the brokers' own limit",
    ],
  ],
  takes: ['topic', ...kafkaConnectionKeys],
  json: true,
  args: { topic: topicArgument },
  own: {
    partitions: ownOption({
      type: integer(1, 10_000),
      help: 'Partitions that it is to have.',
      accepts: ['24'],
      refuses: ['0', 'more'],
    }),
    ...settingOptions,
    unset: ownOption({
      type: listOf(nonEmptyText),
      help: "A setting, by Kafka's name, that goes back to the brokers' own; may be given several times.",
      accepts: ['retention.ms'],
      refuses: [''],
    }),
    dryRun: ownOption({
      type: boolean,
      default: false,
      help: 'Change nothing, only say what would be done.',
      accepts: ['true'],
      refuses: ['maybe'],
    }),
  },
  async run({ own, args, json, loadConfig }) {
    const { config } = loadConfig();
    const topic = args.topic ?? config.topic;
    const settings = new Map<string, string | null>(askedSettings(own));
    for (const name of own.unset ?? []) {
      if (settings.has(name)) throw userError('USAGE', { reason: `${name} is both set and unset.` });
      settings.set(name, null);
    }
    if (own.partitions === undefined && settings.size === 0) {
      throw userError('USAGE', {
        reason: 'Nothing to change is named: --partitions, a setting, or --unset.',
      });
    }
    const asked = { partitions: own.partitions, settings, dryRun: own.dryRun };
    const changes = await withAdmin(config, (admin) => alter(admin, config, topic, asked));
    if (json) printJson({ topic, dryRun: own.dryRun, changes });
    else tell(topic, changes, own.dryRun);
    return exitCode.ok;
  },
});

interface Asked {
  readonly partitions: number | undefined;
  readonly settings: ReadonlyMap<string, string | null>;
  readonly dryRun: boolean;
}

async function alter(
  admin: Admin,
  config: Config,
  topic: string,
  { partitions, settings, dryRun }: Asked,
): Promise<Change[]> {
  const brokers = (config.brokers ?? []).join(', ');
  const found = await findTopic(admin, topic);
  if (found === undefined) throw userError('TOPIC_NOT_FOUND', { topic, brokers });
  const has = found.partitions.length;
  if (partitions !== undefined && partitions < has) {
    throw userError('USAGE', {
      reason: `Topic "${topic}" has ${has} partitions, and Kafka cannot make them ${partitions}: they can only become more.`,
    });
  }
  const changes = settings.size === 0 ? [] : await changesOf(admin, topic, settings);
  if (changes.length > 0) await changeSettings(config, topic, changes, dryRun);
  if (partitions === undefined || partitions === has) return changes;
  await admin.createPartitions({ validateOnly: dryRun, topicPartitions: [{ topic, count: partitions }] });
  while (!dryRun && (await topicWithLeaders(admin, topic)).partitions.length < partitions);
  return [{ setting: 'partitions', from: String(has), to: String(partitions) }, ...changes];
}

/** Those that are not as asked. A name that Kafka does not know is left for the brokers to refuse. */
async function changesOf(admin: Admin, topic: string, settings: Asked['settings']): Promise<Change[]> {
  const inForce = new Map((await topicSettings(admin, topic)).map((setting) => [setting.name, setting]));
  return [...settings].flatMap(([setting, to]) => {
    const is = inForce.get(setting);
    const same =
      to === null ? is !== undefined && is.from !== 'topic' : is?.from === 'topic' && is.value === to;
    return same ? [] : [{ setting, from: is?.value ?? '', to }];
  });
}

async function changeSettings(
  config: Config,
  topic: string,
  changes: readonly Change[],
  validateOnly: boolean,
): Promise<void> {
  const { incrementalAlterConfigs } = await import('../../../server/sink/kafka-own-requests.ts');
  const { errorName } = await import('../../../server/sink/kafka-transport.ts');
  const asked = changes.map(({ setting, to }) => [setting, to] as const);
  const { errorCode, errorMessage } = await withTransport(config, (transport) =>
    transport.ask(undefined, incrementalAlterConfigs(topic, asked, validateOnly)),
  );
  if (errorCode === 0) return;
  const reason = [errorName(errorCode), errorMessage?.replace(/\.$/, '')].filter(Boolean).join(': ');
  throw userError('KAFKA_REQUEST_FAILED', { brokers: (config.brokers ?? []).join(', '), reason });
}

function tell(topic: string, changes: readonly Change[], dryRun: boolean): void {
  if (changes.length === 0) printLine(`Topic "${topic}" is as asked already.`);
  for (const { setting, from, to } of changes) {
    const now = to === null ? "the brokers' own" : shownSetting(setting, to);
    printLine(
      `Topic "${topic}": ${setting} ${dryRun ? 'would be' : 'is'} ${now} (was ${shownSetting(setting, from)}).`,
    );
  }
}
