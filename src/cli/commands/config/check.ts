/** `redirector config check`: what is wrong with the configuration. */
import { ceiling, secondsToFill } from '../../../capacity.ts';
import type { Config } from '../../../config.ts';
import { exitCode, RedirectorError } from '../../../errors.ts';
import { boolean, duration, integer, size } from '../../../option-types.ts';
import { groupTitles, type OptionGroup } from '../../../options.ts';
import { defineCommand, ownOption } from '../../command.ts';
import type { NamedFinding } from '../../doctor/finding.ts';
import { asDocument, codeOf, printFindings } from '../../doctor/show.ts';
import { printJson, printLine } from '../../output.ts';
import { reportError } from '../../report-error.ts';

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

export const command = defineCommand({
  details:
    'Exits 0 when a server can be started with it, 1 when not. With --rate it also tells for how long the queue lasts when nothing leaves it, and what Kafka can take at most: each partition has one batch in flight. ' +
    'With --connect it asks the brokers, too: whether the topic is there, whether this client may write to it, and whether ' +
    'it takes batches as large as ours. That exits 3 when no broker can be reached.',
  examples: [
    ['redirector config check --config redirector.yaml', 'Names every mistake at once'],
    [
      'redirector config check --brokers kafka:9092 --rate 15000 --ack-time 50ms --partitions 6',
      'Whether queue and partitions are enough for that rate',
    ],
    ['redirector config check --config redirector.yaml --connect', 'Asks the brokers, too'],
  ],
  takes: Object.keys(groupTitles) as OptionGroup[],
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
    connect: ownOption({
      type: boolean,
      default: false,
      help: 'Ask the brokers for what only they can tell.',
      accepts: ['true'],
      refuses: ['maybe'],
    }),
  },
  async run({ loadConfig, own, json, debug }) {
    const { rate } = own;
    let config: Config;
    try {
      config = loadConfig({ requireTarget: true }).config;
      const { readFiles } = await import('../../../server/preflight.ts');
      await readFiles(config);
    } catch (error) {
      if (!(error instanceof RedirectorError)) throw error;
      if (json) printJson({ ok: false, code: error.code, problems: error.message.split('\n') });
      else reportError(error, debug);
      return exitCode.checkFailed;
    }
    const expected = rate === undefined ? undefined : { ...own, rate };
    const findings = own.connect ? await askBrokers(config) : [];
    if (json) {
      const capacity = expected === undefined ? {} : { capacity: capacityOf(config, expected) };
      const failures = findings.filter(({ outcome }) => outcome === 'failed');
      printJson({
        ok: failures.length === 0,
        problems: failures.map(({ found }) => found),
        ...(own.connect ? { connect: asDocument(findings) } : {}),
        ...capacity,
      });
      return codeOf(findings);
    }
    const code = codeOf(findings);
    if (code === exitCode.ok) printLine('ok');
    if (own.connect) printFindings(findings);
    if (expected !== undefined) printCapacity(config, expected);
    return code;
  },
});

/** What only brokers can tell, by the check of `doctor`. */
async function askBrokers(config: Config): Promise<NamedFinding[]> {
  const { kafka } = await import('../../doctor/kafka.ts');
  return [await kafka.run({ config, env: process.env })]
    .flat()
    .map((finding) => ({ check: kafka.name, ...finding }));
}
