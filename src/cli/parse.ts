/** From the words of a command line to the command that is to run, by yargs. */
import yargs, { type Argv } from 'yargs';
import { reasonOf, userError } from '../errors.ts';
import { hideSecretsIn, type Redact, redactor } from '../redaction.ts';
import { suggestion } from '../suggestion.ts';
import { version } from '../version.ts';
import type { Command, CommandEntry } from './command.ts';
import { commands } from './commands.ts';
import { globalHelp } from './global-flags.ts';
import { flagProblems, needsValue } from './scan.ts';

const NAME = 'redirector';
const MAX_HELP_WIDTH = 110;

/** Ends yargs's work when the command is found: after its handler it would lay out the text of --help, a sixth of a start. */
const FOUND = new Error('The command is found.');

/** A command found, its flags checked; `run` does the work and resolves with the exit code. */
export interface Invocation {
  run(): Promise<number>;
}

type Flags = Readonly<Record<string, unknown>> & { readonly _: readonly (string | number)[] };

/** What yargs found: a command's path ("topics list") with its flags, or words that lead to none. */
type Found =
  | { readonly path: readonly string[]; readonly command: Command; readonly flags: Flags }
  | { readonly path: readonly string[]; readonly choices: readonly CommandEntry[]; readonly flags: Flags };

/**
 * Finds the command and checks every flag and argument.
 * @returns undefined when help, version or completion was asked for and has been printed.
 * @throws RedirectorError USAGE with one line for each mistake.
 */
export async function parseCommandLine(words: readonly string[]): Promise<Invocation | undefined> {
  const tokens = words[0] === 'help' ? await helpTokens(words.slice(1)) : words;
  let found: Found | undefined;
  const parser = yargs([...tokens])
    .scriptName(NAME)
    .detectLocale(false)
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'duplicate-arguments-array': true,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .usage(`${NAME} <command>\n\nAnswers with redirects first, and logs each to Kafka or to disk after.`)
    .version('version', globalHelp.version, version())
    .help('help', globalHelp.help)
    .alias('h', 'help')
    .option('config', { nargs: 1, describe: globalHelp.config })
    .option('debug', { boolean: true, describe: globalHelp.debug })
    .epilogue(`"${NAME} <command> --help" shows what a command takes; docs/ has the whole story.`)
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message, error) => {
      throw error ?? userError('USAGE', { reason: message });
    });
  parser.wrap(Math.min(MAX_HELP_WIDTH, process.stdout.columns ?? MAX_HELP_WIDTH));

  const register = (on: Argv, entries: readonly CommandEntry[], parents: readonly string[]): void => {
    for (const entry of entries) {
      const path = [...parents, entry.name];
      let find = (_flags: Flags): Found => ({ path, choices: [], flags: _flags });
      on.command(
        entry.name,
        entry.describe,
        async (y) => {
          const loaded = await entry.load();
          if (loaded.kind === 'group') {
            find = (flags) => ({ path, choices: loaded.commands, flags });
            y.usage(`${NAME} ${path.join(' ')} <command>\n\n${entry.describe}`);
            register(y, loaded.commands, path);
          } else {
            find = (flags) => ({ path, command: loaded, flags });
            const { describeCommand } = await import('./describe.ts');
            describeCommand(y, [NAME, ...path].join(' '), entry.describe, loaded);
          }
          return y;
        },
        (flags) => {
          found = find(flags as unknown as Flags);
          throw FOUND;
        },
      );
    }
  };
  register(parser, commands, []);
  // The handler of the default command is called when no word is a command.
  parser.command('$0', false, {}, (flags) => {
    found = { path: [], choices: commands, flags: flags as unknown as Flags };
  });

  try {
    await parser.parseAsync();
  } catch (error) {
    if (error === FOUND) return toRun(tokens, found!);
    // The one mistake that yargs finds by itself, as it cannot go on without the value.
    const flag = /^Not enough arguments following: (.+)$/.exec(reasonOf(error))?.[1];
    throw flag === undefined ? error : userError('USAGE', { reason: needsValue(flag) });
  }
  // Where no handler was called, yargs has answered by itself.
  return found && toRun(tokens, found);
}

async function toRun(tokens: readonly string[], found: Found): Promise<Invocation> {
  if (!('command' in found)) throw noSuchCommand(found.path, found.choices, found.flags);
  return prepare(tokens, found.command, found.path, found.flags);
}

/** `help topics create` is `topics create --help`; of no command, --help alone. */
async function helpTokens(words: readonly string[]): Promise<string[]> {
  let choices: readonly CommandEntry[] = commands;
  for (const [index, word] of words.entries()) {
    const entry = choices.find(({ name }) => name === word);
    if (entry === undefined) throw noSuchCommand(words.slice(0, index), choices, { _: words });
    const loaded = await entry.load();
    choices = loaded.kind === 'group' ? loaded.commands : [];
  }
  return [...words, '--help'];
}

function noSuchCommand(path: readonly string[], choices: readonly CommandEntry[], flags: Flags): Error {
  const names = choices.map((choice) => choice.name);
  const word = flags._[path.length];
  const prefix = [NAME, ...path].join(' ');
  if (word === undefined) {
    return userError('USAGE', { reason: `Which command? ${prefix} has ${names.join(', ')}.` });
  }
  return userError('USAGE', {
    reason: `Unknown command "${word}".${suggestion(String(word), names) || ` ${prefix} has ${names.join(', ')}.`}`,
  });
}

async function prepare(
  tokens: readonly string[],
  command: Command,
  path: readonly string[],
  flags: Flags,
): Promise<Invocation> {
  const { flagsOf, loadCommandConfig, ownValues } = await import('./option-flags.ts');
  const known = new Map(flagsOf(command).map((flag) => [flag.name, flag.kind]));
  const problems = flagProblems(tokens, known);
  if (problems.length > 0) throw userError('USAGE', { reason: problems.join('\n') });
  const values = ownValues(command, flags, flags._.slice(path.length).map(String));
  let redact: Redact | undefined;
  return {
    async run() {
      try {
        return await command.run({
          ...values,
          json: flags.json === true,
          debug: flags.debug === true,
          loadConfig(options) {
            const loaded = loadCommandConfig(flags, options);
            redact = redactor(loaded.config, process.env);
            return loaded;
          },
        });
      } catch (error) {
        if (redact !== undefined) hideSecretsIn(error, redact);
        throw error;
      }
    },
  };
}
