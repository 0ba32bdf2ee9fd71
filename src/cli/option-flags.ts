/** Turns options, from the option table and of commands, into flags, and flags back into values. */
import type { LoadedConfig } from '../config.ts';
import { loadConfig } from '../config.ts';
import { userError } from '../errors.ts';
import {
  defaultTextOf,
  flagName,
  flagOf,
  groupTitles,
  type Option,
  type OptionGroup,
  type OptionKey,
  optionKeys,
  optionOf,
} from '../options.ts';
import { valueSuggestion } from '../value-suggestion.ts';
import type { Command, LoadOptions } from './command.ts';
import { globalHelp } from './global-flags.ts';
import { note } from './output.ts';
import type { FlagKind } from './scan.ts';

/** Values by flag name (without dashes), as yargs gives them. */
export type ParsedFlags = Readonly<Record<string, unknown>>;

/** A flag as yargs and the check for misspelt flags need it. */
export interface Flag {
  /** Without its dashes. */
  readonly name: string;
  readonly kind: FlagKind;
  /** The heading under which --help lists it. */
  readonly heading: string;
  readonly help: string;
  /** Undefined: there is nothing to say. */
  readonly defaultText: string | undefined;
}

const GLOBAL_HEADING = 'Everywhere:';
const OWN_HEADING = 'Options:';

/** The flags of every command. */
const globalFlags: readonly Flag[] = Object.entries(globalHelp).map(([name, help]) => ({
  name,
  kind: name === 'config' ? 'value' : 'switch',
  heading: GLOBAL_HEADING,
  help,
  defaultText: undefined,
}));

const jsonFlag: Flag = {
  name: 'json',
  kind: 'switch',
  heading: OWN_HEADING,
  help: 'Print one JSON document.',
  defaultText: undefined,
};

/** The keys behind what a command takes, groups unfolded, in the order of the option table. */
export function takenKeys(takes: readonly (OptionGroup | OptionKey)[]): OptionKey[] {
  const wanted: readonly string[] = takes;
  return optionKeys.filter((key) => wanted.includes(key) || wanted.includes(optionOf(key).group));
}

const kindOf = (option: Pick<Option<unknown>, 'type'>): FlagKind => {
  if (option.type.name === 'boolean') return 'switch';
  return option.type.isList === true ? 'values' : 'value';
};

const hasDefault = (option: Pick<Option<unknown>, 'default' | 'defaultText'>): boolean =>
  option.default !== undefined || option.defaultText !== undefined;

/** Choices are said in the help, as yargs is not told of them: the option's own message refuses the others. */
export const helpOf = (option: Pick<Option<unknown>, 'type' | 'help'>): string =>
  option.type.name === 'choice' ? `${option.help} (${option.type.expects})` : option.help;

/** Every flag that `command` takes, with the global ones. */
export function flagsOf(command: Command): Flag[] {
  const own = Object.entries(command.own).map(([key, option]) => ({
    name: flagName(key),
    kind: kindOf(option),
    heading: OWN_HEADING,
    help: helpOf(option),
    defaultText:
      option.defaultText ?? (option.default === undefined ? undefined : option.type.show(option.default)),
  }));
  const taken = takenKeys(command.takes).map((key) => ({
    name: flagOf(key),
    kind: kindOf(optionOf(key)),
    heading: `${groupTitles[optionOf(key).group]}:`,
    help: helpOf(optionOf(key)),
    defaultText: hasDefault(optionOf(key)) ? defaultTextOf(key) : undefined,
  }));
  return [...own, ...(command.json ? [jsonFlag] : []), ...taken, ...globalFlags];
}

/**
 * The values of a command's own options and arguments.
 * @throws RedirectorError USAGE with one line for each that is not allowed or missing.
 */
export function ownValues(
  command: Command,
  flags: ParsedFlags,
  positionals: readonly string[],
): { own: Record<string, unknown>; args: Record<string, unknown> } {
  const problems: string[] = [];
  const read = (name: string, unit: Pick<Option<unknown>, 'type' | 'secret'>, raw: unknown): unknown => {
    const value = unit.type.parse(raw);
    if (value !== undefined) return value;
    // Of a list the first one that is not allowed.
    const wrong = Array.isArray(raw) ? raw.find((one) => unit.type.parse([one]) === undefined) : raw;
    const shown = unit.secret ? 'the value given' : JSON.stringify(wrong);
    const meant = unit.secret ? '' : valueSuggestion(unit.type, wrong);
    problems.push(`${name}: ${shown} is not ${unit.type.expects}.${meant}`);
    return undefined;
  };

  const own: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(command.own)) {
    const raw = flags[flagName(key)];
    own[key] = raw === undefined ? option.default : read(`--${flagName(key)}`, option, raw);
  }
  const args: Record<string, unknown> = {};
  Object.entries(command.args).forEach(([name, argument], index) => {
    const rest = positionals.slice(index);
    const raw = argument.type.isList && rest.length > 0 ? rest : rest[0];
    if (raw !== undefined) args[name] = read(name, argument, raw);
    else if (argument.required) problems.push(`The argument <${name}> is missing.`);
  });
  const isOpen = Object.values(command.args).at(-1)?.type.isList === true;
  for (const extra of isOpen ? [] : positionals.slice(Object.keys(command.args).length)) {
    problems.push(`Unexpected argument "${extra}".${flagForWord(command, extra)}`);
  }
  if (problems.length > 0) throw userError('USAGE', { reason: problems.join('\n') });
  return { own, args };
}

/** A URL or NAME=VALUE that stands where only flags are taken. */
function flagForWord(command: Command, word: string): string {
  const flags = flagsOf(command).filter(({ kind }) => kind !== 'switch');
  const [, name, value] = /^([\w-]+)=(.+)$/.exec(word) ?? [];
  const named = flags.some((flag) => flag.name === name);
  if (named) return ` Did you mean --${name} ${value}?`;
  const isUrl = /^https?:\/\//i.test(word) && flags.some((flag) => flag.name === 'target');
  return isUrl ? ` Did you mean --target ${word}?` : '';
}

const noticesShown = new Set<string>();

/**
 * Loads the configuration with the flags of a command line on top. Each notice goes to standard error once.
 * @param flags by flag name, as yargs gives them.
 * @throws RedirectorError as `loadConfig` does.
 */
export function loadCommandConfig(flags: ParsedFlags, options: LoadOptions = {}): LoadedConfig {
  const given: Partial<Record<OptionKey, unknown>> = { ...options.preset };
  for (const key of optionKeys) {
    const raw = flags[flagOf(key)];
    // A flag of a list may be repeated, and each may be a list.
    if (raw !== undefined) given[key] = Array.isArray(raw) ? raw.join(',') : raw;
  }
  const loaded = loadConfig({
    flags: given,
    env: process.env,
    file: typeof flags.config === 'string' ? flags.config : undefined,
    requireTarget: options.requireTarget ?? false,
  });
  for (const notice of loaded.notices) {
    if (!noticesShown.has(notice)) note(`redirector: ${notice}`);
    noticesShown.add(notice);
  }
  return loaded;
}
