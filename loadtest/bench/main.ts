// `npm run bench`: CPU per request, rate and lost records of Redirector and of what it is compared with.
import process from 'node:process';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { peers } from '../peers/index.ts';
import { benchDocument, formatTable } from './report.ts';
import { type BenchOptions, runBench } from './run.ts';

const NOTHING_MEASURED = 3;
const USAGE = 2;
const BUG = 70;

const progress = (line: string) => process.stderr.write(`bench: ${line}\n`);

/** Reads the command line; ends the process with 2 and one line on standard error when it asks for nonsense. */
function parseArguments(): BenchOptions & { json: boolean } {
  const names = peers.map((peer) => peer.name);
  const argv = yargs(hideBin(process.argv))
    .scriptName('npm run bench --')
    .usage(
      '$0 [options]\n\nMeasures redirect servers side by side, in interleaved rounds, on this machine only.',
    )
    .option('peers', { type: 'string', default: names.join(','), describe: 'which to measure, with commas' })
    .option('rounds', { type: 'number', default: 3, describe: 'how often each is measured' })
    .option('seconds', { type: 'number', default: 10, describe: 'length of one measurement' })
    .option('warmup', { type: 'number', default: 3, describe: 'seconds of load before each measurement' })
    .option('partitions', { type: 'number', default: 1, describe: 'partitions of each temporary topic' })
    .option('brokers', {
      type: 'string',
      describe: 'Kafka that is already there (loopback); default: one is started',
    })
    .option('json', { type: 'boolean', default: false, describe: 'print one JSON document' })
    .example('$0 --peers redirector,go --rounds 5', 'the two that log, five rounds')
    .example('npm run --silent bench -- --json', 'nothing but the document on standard output')
    .version(false)
    .strict()
    .check((given) => {
      for (const name of ['rounds', 'seconds', 'warmup', 'partitions'] as const) {
        const value = given[name];
        if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} must be a whole number from 1`);
      }
      for (const name of split(given.peers)) {
        if (!names.includes(name))
          throw new Error(`--peers: there is no ${name}; there are ${names.join(', ')}`);
      }
      if (split(given.peers).length === 0)
        throw new Error(`--peers names none; there are ${names.join(', ')}`);
      for (const broker of split(given.brokers ?? '')) {
        if (!/^(127(\.\d+){3}|localhost|\[::1\]):\d+$/.test(broker)) {
          throw new Error(
            `--brokers: ${broker} is not a loopback address with a port: the bench stays on this machine`,
          );
        }
      }
      return true;
    })
    .fail((message, error) => {
      process.stderr.write(`bench: ${message ?? error.message}\nTry --help.\n`);
      process.exit(USAGE);
    })
    .parseSync();
  const wanted = new Set(split(argv.peers));
  return {
    peers: peers.filter((peer) => wanted.has(peer.name)),
    rounds: argv.rounds,
    seconds: argv.seconds,
    warmupSeconds: argv.warmup,
    partitions: argv.partitions,
    brokers: argv.brokers === undefined ? undefined : split(argv.brokers),
    json: argv.json,
  };
}

function split(list: string): string[] {
  return list
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

const options = parseArguments();
const stop = new AbortController();
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => {
    // A second signal does not wait: what runs is killed on exit.
    if (stop.signal.aborted) process.exit(code);
    progress('stopping ...');
    process.exitCode = code;
    stop.abort(new Error('interrupted'));
  });
}

try {
  const run = await runBench(options, stop.signal, progress);
  const document = benchDocument(options, run);
  process.stdout.write(options.json ? `${JSON.stringify(document, null, 2)}\n` : formatTable(document));
  if (document.results.every((result) => 'unavailable' in result)) process.exitCode = NOTHING_MEASURED;
} catch (error) {
  if (!stop.signal.aborted) {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : error}\n`);
    process.exitCode = BUG;
  }
}
