// `npm run bench`: CPU per request, rate and lost records of Redirector and of what it is compared with.
import process from 'node:process';
import { parseArguments } from './arguments.ts';
import { reportOf } from './markdown.ts';
import { runBench } from './run.ts';

const NOT_VALID = 1;
const USAGE = 2;
const NOTHING_MEASURED = 3;
const BUG = 70;

const progress = (line: string) => process.stderr.write(`bench: ${line}\n`);

const request = parseArguments((message) => {
  process.stderr.write(`bench: ${message}\nTry --help.\n`);
  process.exit(USAGE);
});
if ('file' in request) {
  try {
    process.stdout.write(reportOf(request));
    process.exit();
  } catch (error) {
    process.stderr.write(`bench: ${request.file}: ${error instanceof Error ? error.message : error}\n`);
    process.exit(USAGE);
  }
}
const { bench, options, json } = request;
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
  const { document, text, valid } = bench.report(options, run);
  process.stdout.write(json ? `${JSON.stringify(document, null, 2)}\n` : text);
  if (document.results.every((result) => 'unavailable' in result)) process.exitCode = NOTHING_MEASURED;
  else if (!valid) process.exitCode = NOT_VALID;
} catch (error) {
  if (!stop.signal.aborted) {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : error}\n`);
    process.exitCode = BUG;
  }
}
