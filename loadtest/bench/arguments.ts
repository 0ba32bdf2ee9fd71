import process from 'node:process';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { type Bench, type BenchName, benches } from './benches.ts';
import type { BenchOptions } from './run.ts';

const names = Object.keys(benches) as BenchName[];

const DESCRIPTION = `$0 [bench] [options]

Measures side by side, in interleaved rounds, on this machine only.
${names.map((name) => `  ${name.padEnd(10)}  ${benches[name].about}`).join('\n')}

$0 report FILE makes a Markdown table, and with --svg a plot, of what --json printed.`;

/** What the command line asks for. */
export interface BenchRequest {
  bench: Bench;
  options: BenchOptions;
  json: boolean;
}

/** A document of an earlier run, and where its plot goes. */
export interface ReportRequest {
  file: string;
  svg: string | undefined;
}

/** Reads the command line. `refuse` is told in one sentence what is wrong with it, and does not return. */
export function parseArguments(refuse: (message: string) => never): BenchRequest | ReportRequest {
  const words = hideBin(process.argv);
  if (words[0] === 'report') return parseReport(words, refuse);
  const argv = yargs(words)
    .scriptName('npm run bench --')
    .command('$0 [bench]', false, (command) =>
      command.positional('bench', {
        choices: names,
        default: 'servers' as const,
        describe: 'what is compared',
      }),
    )
    .usage(DESCRIPTION)
    .option('peers', { type: 'string', describe: 'which to measure, with commas; default: all of the bench' })
    .option('rounds', { type: 'number', describe: 'how often each is measured; default: 3 as a rule' })
    .option('seconds', { type: 'number', describe: 'length of one measurement; default: 10 as a rule' })
    .option('warmup', {
      type: 'number',
      describe: 'seconds of load before each measurement; default: 3 as a rule',
    })
    .option('rps', {
      type: 'number',
      describe: 'requests a second, the same for all; default: as many as each answers',
    })
    .option('partitions', { type: 'number', default: 1, describe: 'partitions of each temporary topic' })
    .option('brokers', {
      type: 'string',
      describe: 'Kafka that is already there (loopback); default: one is started',
    })
    .option('update', {
      type: 'boolean',
      default: false,
      describe: 'with check: keep the ratio that was found',
    })
    .option('json', { type: 'boolean', default: false, describe: 'print one JSON document' })
    .example('$0 --peers redirector,go --rounds 5', 'the two that log, five rounds')
    .example('$0 telemetry --rps 500', 'what tracing costs, at a rate that all of them can answer')
    .example('npm run --silent bench -- --json', 'nothing but the document on standard output')
    .version(false)
    .strict()
    .check((given) => {
      for (const name of ['rounds', 'seconds', 'warmup', 'partitions', 'rps'] as const) {
        const value = given[name];
        if (value !== undefined && (!Number.isInteger(value) || value < 1))
          throw new Error(`--${name} must be a whole number from 1`);
      }
      if (given.update && given.bench !== 'check')
        throw new Error('--update goes with the bench check alone');
      for (const broker of split(given.brokers ?? '')) {
        if (!/^(127(\.\d+){3}|localhost|\[::1\]):\d+$/.test(broker)) {
          throw new Error(
            `--brokers: ${broker} is not a loopback address with a port: the bench stays on this machine`,
          );
        }
      }
      return true;
    })
    .fail((message, error) => refuse(message ?? error.message))
    .parseSync();
  const bench: Bench = benches[argv.bench as BenchName];
  const { rounds = 3, seconds = 10, warmupSeconds = 3 } = bench.defaults ?? {};
  return {
    bench,
    options: {
      peers: argv.peers === undefined ? bench.peers : peersNamed(split(argv.peers), bench, refuse),
      rounds: argv.rounds ?? rounds,
      seconds: argv.seconds ?? seconds,
      warmupSeconds: argv.warmup ?? warmupSeconds,
      partitions: argv.partitions,
      rps: argv.rps,
      brokers: argv.brokers === undefined ? undefined : split(argv.brokers),
      update: argv.update,
    },
    json: argv.json,
  };
}

function parseReport(words: readonly string[], refuse: (message: string) => never): ReportRequest {
  const { file, svg } = yargs(words)
    .scriptName('npm run bench --')
    .command('report <file>', false, (command) =>
      command.positional('file', { type: 'string', describe: 'what a bench printed with --json' }),
    )
    .usage('$0 report FILE [--svg PLOT]\n\nPrints the figures of a run as a Markdown table.')
    .option('svg', { type: 'string', describe: 'also write a plot of CPU per request to this file' })
    .example('$0 report bench.json --svg docs/images/bench.svg', 'what docs/performance.md shows')
    .version(false)
    .strict()
    .fail((message, error) => refuse(message ?? error.message))
    .parseSync();
  return { file: file as string, svg };
}

function peersNamed(wanted: readonly string[], { peers }: Bench, refuse: (message: string) => never) {
  const names = peers.map((peer) => peer.name);
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown !== undefined) refuse(`--peers: there is no ${unknown}; there are ${names.join(', ')}`);
  if (wanted.length === 0) refuse(`--peers names none; there are ${names.join(', ')}`);
  return peers.filter((peer) => wanted.includes(peer.name));
}

function split(list: string): string[] {
  return list
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
