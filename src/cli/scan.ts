/**
 * Finds what is wrong with the flags on a command line before their values are used: unknown ones, ones given twice,
 * switches with a value. yargs forgives some of these and names none of them well.
 */
import { suggestion } from '../suggestion.ts';

/** `switch` takes no value, `value` exactly one, `values` may be repeated. */
export type FlagKind = 'switch' | 'value' | 'values';

/** For a flag without its value; yargs finds these itself. */
export const needsValue = (flag: string): string =>
  `--${flag} needs a value (--${flag}=VALUE if it begins with a dash).`;

/**
 * One sentence for each mistake; none when all is well.
 * @param tokens the command line after the program's name.
 * @param known every flag of the command by its name without dashes.
 */
export function flagProblems(tokens: readonly string[], known: ReadonlyMap<string, FlagKind>): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index]!;
    if (token === '--') break;
    if (!/^-[^\d.]/.test(token)) continue;
    const [, dashes, name, value] = /^(--?)([^=]*)(?:=(.*))?$/s.exec(token)!;
    const kind = dashes === '--' ? known.get(name!) : undefined;
    if (kind === undefined) {
      const names = [...known.keys()].map((flag) => `--${flag}`);
      problems.push(`Unknown flag ${dashes}${name}.${suggestion(`--${name}`, names)}`);
      continue;
    }
    if (kind === 'switch') {
      if (value !== undefined && value !== 'true' && value !== 'false') {
        problems.push(`--${name} is a switch: it takes no value but true or false.`);
      }
    } else if (value === undefined) {
      index++; // the next token is its value
    }
    if (seen.has(name!) && kind !== 'values') problems.push(`--${name} is given more than once.`);
    seen.add(name!);
  }
  return problems;
}
