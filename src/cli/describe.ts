/** Tells yargs what a command takes, for parsing and for --help. */
import type { Argv } from 'yargs';
import type { Command } from './command.ts';
import { globalHelp } from './global-flags.ts';
import { flagsOf } from './option-flags.ts';

/** The words after a command's name: "<path>" must be given, "[topic]" may, "[url...]" may several times. */
export const argumentWords = (command: Command): string =>
  Object.entries(command.args)
    .map(([name, { required, type }]) => {
      const word = type.isList ? `${name}...` : name;
      return required ? ` <${word}>` : ` [${word}]`;
    })
    .join('');

/** Registers the flags, arguments, examples and text of `command`, which is called by `commandLine`. */
export function describeCommand(y: Argv, commandLine: string, describe: string, command: Command): void {
  const args = Object.entries(command.args).map(([name, argument]) => `  ${name}  ${argument.help}`);
  const paragraphs = [describe, ...(command.details === undefined ? [] : [command.details])];
  if (args.length > 0) paragraphs.push(`Arguments:\n${args.join('\n')}`);
  y.usage(`${commandLine}${argumentWords(command)} [flags]\n\n${paragraphs.join('\n\n')}`);
  for (const flag of flagsOf(command)) {
    y.group(flag.name, flag.heading);
    if (flag.name in globalHelp) continue; // yargs has them already
    y.option(flag.name, {
      describe: flag.help,
      // With nargs a value stays text, as with "string", but --help does not say "[string]", which says nothing.
      ...(flag.kind === 'switch' ? { boolean: true } : { nargs: 1 }),
      ...(flag.defaultText === undefined ? {} : { defaultDescription: flag.defaultText }),
    });
  }
  for (const [example, meaning] of command.examples) y.example(example, meaning);
  y.epilogue('');
}
