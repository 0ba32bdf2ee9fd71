/** `redirector config print|check`: the configuration in force, or what is wrong with it. */
import { ceiling, secondsToFill } from '../../capacity.ts';
import type { Config, LoadedConfig } from '../../config.ts';
import { exitCode, RedirectorError } from '../../errors.ts';
import { duration, integer, size } from '../../option-types.ts';
import { type OptionGroup, type OptionKey, optionKeys, optionOf } from '../../options.ts';
import { sampleRatios, telemetrySettings } from '../../telemetry/settings.ts';
import { defineCommand, defineGroup, ownOption } from '../command.ts';
import { printJson, printLine, printTable, styled } from '../output.ts';
import { reportError } from '../report-error.ts';

const EVERYTHING: readonly OptionGroup[] = [
  'http',
  'record',
  'kafka',
  'queue',
  'spool',
  'admin',
  'shutdown',
  'telemetry',
];

const HIDDEN = '(set)';

/** A value as it can be typed; a secret is never shown. */
function shown(key: OptionKey, value: unknown): string {
  if (value === undefined) return '';
  return optionOf(key).secret ? HIDDEN : optionOf(key).type.show(value);
}

interface InForce {
  readonly key: OptionKey;
  readonly value: unknown;
  readonly from: string;
}

/** Every option with the value in force and where it came from. OTEL_TRACES_SAMPLER wins over telemetry.sampleRatio. */
function inForce({ config, origins }: LoadedConfig): InForce[] {
  const { sampler, samplerFrom } = telemetrySettings(sampleRatios(config), process.env);
  return optionKeys.map((key) => {
    if (key === 'telemetry.sampleRatio' && key !== samplerFrom)
      return { key, value: sampler.ratio, from: samplerFrom };
    const isInFile = key === 'admin.token' && config['admin.tokenFile'] !== undefined;
    return { key, value: config[key], from: isInFile ? 'admin.tokenFile' : origins[key] };
  });
}

const document = (loaded: LoadedConfig): Record<string, unknown> =>
  Object.fromEntries(
    inForce(loaded).map(({ key, value, from }) => {
      const visible = optionOf(key).secret && value !== undefined ? HIDDEN : value;
      return [key, { value: visible ?? null, text: shown(key, value), from }];
    }),
  );

const print = defineCommand({
  details:
    'Times are in ms and sizes in bytes in the JSON document, beside each as it can be typed. Secrets are hidden.',
  examples: [
    ['redirector config print --config redirector.yaml', 'Every option with where its value came from'],
    ['redirector config print --json', 'The same for a program'],
  ],
  takes: EVERYTHING,
  json: true,
  async run({ loadConfig, json }) {
    const loaded = loadConfig();
    if (json) {
      printJson(document(loaded));
    } else {
      const rows = inForce(loaded).map(({ key, value, from }) => [
        key,
        shown(key, value),
        from === 'default' ? styled('dim', from) : from,
      ]);
      printTable(rows, ['option', 'value', 'from']);
    }
    return exitCode.ok;
  },
});

interface Expected {
  readonly rate: number;
  readonly recordSize: number;
  readonly ackTime: number;
  readonly partitions: number;
}

/** What the queue holds and what Kafka takes at most, at the rate that is expected. */
function capacityOf(config: Config, { rate, recordSize, ackTime, partitions }: Expected) {
  return {
    recordsPerSecond: rate,
    queueSeconds: secondsToFill(config['queue.maxBytes'], recordSize, rate),
    kafkaRecordsPerSecond: config.sink === 'kafka' ? ceiling(partitions, ackTime, recordSize) : null,
  };
}

function printCapacity(config: Config, expected: Expected): void {
  const { queueSeconds, kafkaRecordsPerSecond } = capacityOf(config, expected);
  const number = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 1 });
  const rate = number(expected.rate);
  printLine(
    `queue: while nothing leaves it, it is full after ${number(queueSeconds)} s at ${rate} records a second`,
  );
  if (kafkaRecordsPerSecond === null) return;
  const { partitions, ackTime } = expected;
  const verdict = kafkaRecordsPerSecond < expected.rate ? 'too little: add partitions' : 'enough';
  printLine(
    `kafka: at most ${number(kafkaRecordsPerSecond)} records a second on ${partitions} partition${partitions === 1 ? '' : 's'} with ${ackTime} ms to each acknowledgement (${verdict})`,
  );
}

const check = defineCommand({
  details:
    'Exits 0 when a server can be started with it, 1 when not. With --rate it also tells for how long the queue lasts when nothing leaves it, and what Kafka can take at most: each partition has one batch in flight.',
  examples: [
    ['redirector config check --config redirector.yaml', 'Names every mistake at once'],
    [
      'redirector config check --brokers kafka:9092 --rate 15000 --ack-time 50ms --partitions 6',
      'Whether queue and partitions are enough for that rate',
    ],
  ],
  takes: EVERYTHING,
  json: true,
  own: {
    rate: ownOption({
      type: integer(1, 10_000_000),
      help: 'Records a second to expect.',
      accepts: ['15000'],
      refuses: ['0', 'many'],
    }),
    recordSize: ownOption({
      type: size,
      default: 350,
      help: 'Bytes of one record as it stands in a batch.',
      accepts: ['350B', '1KiB'],
      refuses: ['350'],
    }),
    ackTime: ownOption({
      type: duration,
      default: 10,
      help: 'How long Kafka takes to acknowledge a batch.',
      accepts: ['50ms'],
      refuses: ['50'],
    }),
    partitions: ownOption({
      type: integer(1, 100_000),
      default: 12,
      help: 'Partitions of the topic.',
      accepts: ['6'],
      refuses: ['0'],
    }),
  },
  async run({ loadConfig, own, json, debug }) {
    const { rate } = own;
    let config: Config;
    try {
      config = loadConfig({ requireTarget: true }).config;
      const { readFiles } = await import('../../server/preflight.ts');
      readFiles(config);
    } catch (error) {
      if (!(error instanceof RedirectorError)) throw error;
      if (json) printJson({ ok: false, code: error.code, problems: error.message.split('\n') });
      else reportError(error, debug);
      return exitCode.checkFailed;
    }
    const expected = rate === undefined ? undefined : { ...own, rate };
    if (json) {
      const capacity = expected === undefined ? {} : { capacity: capacityOf(config, expected) };
      printJson({ ok: true, problems: [], ...capacity });
      return exitCode.ok;
    }
    printLine('ok');
    if (expected !== undefined) printCapacity(config, expected);
    return exitCode.ok;
  },
});

export const command = defineGroup([
  {
    name: 'print',
    describe: 'Print every option with the value in force and where it came from.',
    load: async () => print,
  },
  {
    name: 'check',
    describe: 'Check the configuration: all mistakes at once.',
    load: async () => check,
  },
]);
