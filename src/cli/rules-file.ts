/** The rules file that a command is about. */
import { readFileSync } from 'node:fs';
import { text as wholeOf } from 'node:stream/consumers';
import { reasonOf, userError } from '../errors.ts';
import { nonEmptyText } from '../option-types.ts';
import { requiredArgument } from './command.ts';

/** Options on which rules depend. */
export const rulesOptions = [
  'target',
  'status',
  'cacheControl',
  'signing.keys',
  'proxy.trusted',
  'proxy.countryHeader',
] as const;

/** The name of standard input where a file can stand. */
const STANDARD_INPUT = '-';

export const fileArgument = requiredArgument({
  type: nonEmptyText,
  help: 'The rules file; - reads standard input.',
  accepts: ['rules.yaml', '-'],
  refuses: [''],
});

/**
 * The text of a file, or of standard input.
 * @throws RedirectorError RULES_UNREADABLE
 */
export async function readText(path: string): Promise<string> {
  try {
    return path === STANDARD_INPUT ? await wholeOf(process.stdin) : readFileSync(path, 'utf8');
  } catch (error) {
    throw userError('RULES_UNREADABLE', { path, reason: reasonOf(error) });
  }
}

/** How messages call what was read. */
export const shownName = (path: string): string => (path === STANDARD_INPUT ? 'standard input' : path);
