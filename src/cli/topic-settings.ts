/** The settings of a topic that people set, as options of `topics create` and `topics alter`, and by Kafka's names. */
import { userError } from '../errors.ts';
import { listOf, type OptionType } from '../option-type.ts';
import { duration, integer, oneOf, size, topicSetting } from '../option-types.ts';
import { flagName } from '../options.ts';
import { ownOption } from './command.ts';

const BROKERS_OWN = "the brokers' own";

export const settingOptions = {
  retention: ownOption({
    type: duration,
    defaultText: BROKERS_OWN,
    help: 'How long Kafka keeps a record.',
    accepts: ['7d', '12h'],
    refuses: ['7', 'long'],
  }),
  retentionBytes: ownOption({
    type: size,
    defaultText: BROKERS_OWN,
    help: 'How many bytes of each partition Kafka keeps.',
    accepts: ['100GiB'],
    refuses: ['100'],
  }),
  compressionType: ownOption({
    type: oneOf('producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'),
    defaultText: BROKERS_OWN,
    help: 'How Kafka keeps batches; producer: as they come.',
    accepts: ['producer', 'zstd'],
    refuses: ['rar'],
  }),
  minInsyncReplicas: ownOption({
    type: integer(1, 32),
    defaultText: BROKERS_OWN,
    help: 'Replicas that must have a batch before it is acknowledged with acks all.',
    accepts: ['2'],
    refuses: ['0'],
  }),
  maxMessageBytes: ownOption({
    type: size,
    defaultText: BROKERS_OWN,
    help: 'The largest batch that is taken; those of Redirector have 256KiB at most.',
    accepts: ['1MiB'],
    refuses: ['1'],
  }),
  set: ownOption({
    type: listOf(topicSetting),
    help: "Any other setting by Kafka's name; may be given several times.",
    accepts: ['segment.ms=86400000', 'cleanup.policy=compact,delete'],
    refuses: ['segment.ms'],
  }),
};

type Named = Exclude<keyof typeof settingOptions, 'set'>;

const KAFKA_NAMES: Readonly<Record<Named, string>> = {
  retention: 'retention.ms',
  retentionBytes: 'retention.bytes',
  compressionType: 'compression.type',
  minInsyncReplicas: 'min.insync.replicas',
  maxMessageBytes: 'max.message.bytes',
};

/** Values of these options on a command line. */
export interface AskedSettings extends Readonly<Record<Named, string | number | undefined>> {
  readonly set: readonly (readonly [name: string, value: string])[] | undefined;
}

/**
 * What a command line sets, by Kafka's names.
 * @throws RedirectorError USAGE where one is given twice
 */
export function askedSettings(own: AskedSettings): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  for (const [key, name] of Object.entries(KAFKA_NAMES) as [Named, string][]) {
    if (own[key] !== undefined) settings.set(name, String(own[key]));
  }
  for (const [name, value] of own.set ?? []) {
    if (settings.has(name)) {
      const key = namedOf(name);
      const also = key === undefined ? '--set' : `--${flagName(key)}`;
      throw userError('USAGE', { reason: `${name} is given twice: by ${also} and by --set.` });
    }
    settings.set(name, value);
  }
  return settings;
}

const namedOf = (setting: string): Named | undefined =>
  (Object.keys(KAFKA_NAMES) as Named[]).find((key) => KAFKA_NAMES[key] === setting);

/** A setting's value for people: times and sizes with their units. */
export function shownSetting(name: string, value: string): string {
  const key = namedOf(name);
  if (key !== 'retention' && key !== 'retentionBytes' && key !== 'maxMessageBytes') return value;
  if (Number(value) < 0) return 'without end';
  return (settingOptions[key].type as OptionType<number>).show(Number(value));
}

/** How documents name a setting: as the option that sets it, else as Kafka does. */
export const settingKey = (name: string): string => namedOf(name) ?? name;
