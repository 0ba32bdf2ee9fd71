/** A configuration file of the option table: every option with what it does, its default, and what it allows. */
import { stringify } from 'yaml';
import type { LoadedConfig } from '../config.ts';
import { defaultTextOf, envOf, groupTitles, type OptionKey, optionKeys, optionOf } from '../options.ts';
import { helpOf } from './option-flags.ts';

const INTRODUCTION = `# Configuration of Redirector: every option with its default. Take the # from before an option to set it.
# Flags and the environment win over this file. "redirector config check" names every mistake in it.
`;

const LINE_WIDTH = 110;

/** A value as YAML on one line: numbers, switches and lists as such, all else as it can be typed. */
function yamlOf(key: OptionKey, value: unknown): string {
  const { show } = optionOf(key).type;
  const isNative = Array.isArray(value) || String(value) === show(value);
  return stringify(isNative ? value : show(value), {
    collectionStyle: 'flow',
    flowCollectionPadding: false,
    lineWidth: 0,
  }).trimEnd();
}

/** Words in comment lines of readable length. */
function commented(text: string): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    if (lines.at(-1)!.length + word.length > LINE_WIDTH) lines.push('');
    lines[lines.length - 1] += ` ${word}`;
  }
  return lines.map((line) => `#${line}`);
}

/** An option that is set stands as it is; one at its default, or without one, is commented out. */
function entryOf(key: OptionKey, { config, origins }: LoadedConfig): string[] {
  const option = optionOf(key);
  const set = origins[key] !== 'default';
  const example = option.type.parse(option.accepts[0]);
  const noDefault = option.default === undefined ? ` Default: ${defaultTextOf(key)}.` : '';
  const secret = option.secret ? ` Better given as ${envOf(key)}.` : '';
  const shown = set && !option.secret ? config[key] : (option.default ?? example);
  return [
    ...commented(`${helpOf(option)}${noDefault}${secret}`),
    `${set && !option.secret ? '' : '#'}${key}: ${yamlOf(key, shown)}`,
    '',
  ];
}

/** The file's text. What `loaded` has from elsewhere than the defaults is set in it, but no secret. */
export function configFile(loaded: LoadedConfig): string {
  const sections = Object.entries(groupTitles).map(([group, title]) => {
    const keys = optionKeys.filter((key) => optionOf(key).group === group);
    return [`# --- ${title} ---`, '', ...keys.flatMap((key) => entryOf(key, loaded))].join('\n');
  });
  return [INTRODUCTION, ...sections].join('\n');
}
