import process from 'node:process';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { type Bench, type BenchName, benches } from './benches.ts';
import type { BenchOptions } from './run.ts';

const DESCRIPTION = `$0 [bench] [options]

Measures side by side, in interleaved rounds, on this machine only.
  servers     Redirector, and redirect servers that it is compared with
  telemetry   what tracing costs Redirector, and what it costs a server that is instrumented as is usual
  rules       what finding a rule among many costs, against one target for all paths`;

/** What the command line asks for. */
export interface BenchRequest {
  bench: Bench;
  options: BenchOptions;
  json: boolean;
}

/** Reads the command line. `refuse` is told in one sentence what is wrong with it, and does not return. */
export function parseArguments(refuse: (message: string) => never): BenchRequest {
  const argv = yargs(hideBin(process.argv))
    .scriptName('npm run bench --')
    .command('$0 [bench]', false, (command) =>
      command.positional('bench', {
        choices: Object.keys(benches) as BenchName[],
        default: 'servers' as const,
        describe: 'what is compared',
      }),
    )
    .usage(DESCRIPTION)
    .option('peers', { type: 'string', describe: 'which to measure, with commas; default: all of the bench' })
    .option('rounds', { type: 'number', default: 3, describe: 'how often each is measured' })
    .option('seconds', { type: 'number', default: 10, describe: 'length of one measurement' })
    .option('warmup', { type: 'number', default: 3, describe: 'seconds of load before each measurement' })
    .option('rps', {
      type: 'number',
      describe: 'requests a second, the same for all; default: as many as each answers',
    })
    .option('partitions', { type: 'number', default: 1, describe: 'partitions of each temporary topic' })
    .option('brokers', {
      type: 'string',
      describe: 'Kafka that is already there (loopback); default: one is started',
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
  const bench = benches[argv.bench as BenchName];
  return {
    bench,
    options: {
      peers: argv.peers === undefined ? bench.peers : peersNamed(split(argv.peers), bench, refuse),
      rounds: argv.rounds,
      seconds: argv.seconds,
      warmupSeconds: argv.warmup,
      partitions: argv.partitions,
      rps: argv.rps,
      brokers: argv.brokers === undefined ? undefined : split(argv.brokers),
    },
    json: argv.json,
  };
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
