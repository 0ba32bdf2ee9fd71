/**
 * The command line's entry, run by bin/redirector.js: finds the command, checks its flags, runs it, and turns every
 * error into a sentence, a hint and an exit code.
 */
import { exitCode } from '../errors.ts';
import { parseCommandLine } from './parse.ts';
import { reportError } from './report-error.ts';

/** How long handles that a finished command left open may hold the process, in ms. */
const LEFTOVERS_MS = 500;

/**
 * Runs one command line.
 * @param tokens what stands after the program's name.
 * @returns the exit code; errors are reported on standard error, never thrown.
 */
export async function main(tokens: readonly string[]): Promise<number> {
  const debug = tokens.includes('--debug');
  try {
    const invocation = await parseCommandLine(tokens);
    if (invocation === undefined) return exitCode.ok; // --help, --version, completion: printed already
    return await invocation.run();
  } catch (error) {
    return reportError(error, debug);
  }
}

// "redirector topics list | head -1": who reads no more wants no more, and no complaint. A command that must go on
// without its reader (serve) says so with `keepRunningWhenUnread` in output.ts, which replaces this listener.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? exitCode.ok : reportError(error, false));
});
process.stderr.on('error', () => {});

// What is thrown outside of the command's own promise is a bug of ours too.
process.on('uncaughtException', (error) => {
  process.exit(reportError(error, process.argv.includes('--debug')));
});

process.exitCode = await main(process.argv.slice(2));
// A socket that is still being opened, e.g. to a broker that does not answer, must not hold up the answer's exit.
setTimeout(() => process.exit(), LEFTOVERS_MS).unref();
