/** Prints an error for the user: "redirector: <sentence>", one line for each problem, then what to do. */
import { RedirectorError, reasonOf, userError } from '../errors.ts';
import { note, styled } from './output.ts';

/** An error as one of the catalogue: what is not in it counts as a bug. */
export const knownError = (error: unknown): RedirectorError =>
  error instanceof RedirectorError
    ? error
    : userError('BUG', { reason: reasonOf(error) || 'an error without a message' }, { cause: error });

/**
 * Prints `error` to standard error; its stack, and its cause's, only with `debug`.
 * @returns the exit code that belongs to it.
 */
export function reportError(error: unknown, debug: boolean): number {
  const known = knownError(error);
  const name = styled('red', 'redirector:', process.stderr);
  for (const problem of known.message.split('\n')) note(`${name} ${problem}`);
  note(`  ${known.hint}`);
  if (debug) {
    for (let link: unknown = known; link !== undefined; link = (link as Error).cause) {
      note(link instanceof Error ? (link.stack ?? link.message) : String(link));
      if (!(link instanceof Error)) break;
    }
  }
  return known.exit;
}
