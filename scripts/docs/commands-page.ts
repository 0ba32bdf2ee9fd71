/** docs/cli.md, from the command table. */
import type { Command, CommandEntry, OwnOption } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands.ts';
import { argumentWords } from '../../src/cli/describe.ts';
import { globalHelp } from '../../src/cli/global-flags.ts';
import { takenKeys } from '../../src/cli/option-flags.ts';
import { flagName, flagOf, groupTitles, type OptionGroup } from '../../src/options.ts';

const INTRODUCTION = `# Commands

Data goes to standard output, all else to standard error; \`--json\` prints one JSON document. Exit codes and errors are in
[errors.md](errors.md), options in [options.md](options.md). Every command has these flags:

${Object.entries(globalHelp)
  .map(([flag, help]) => `- \`--${flag}\`: ${help}`)
  .join('\n')}
`;

function ownOptionLine(key: string, option: OwnOption<unknown>): string {
  const value = option.default === undefined ? option.defaultText : option.type.show(option.default);
  const isSwitch = option.type.name === 'boolean';
  const takes = isSwitch ? '' : ` Takes ${option.type.expects}.`;
  const without = isSwitch || value === undefined ? '' : ` Default: ${value}.`;
  return `- \`--${flagName(key)}\`: ${option.help}${takes}${without}`;
}

/** Whole groups by their titles, single options by their flags. */
function takenLine(command: Command): string | undefined {
  const { takes } = command;
  const groups = takes.filter((item): item is OptionGroup => item in groupTitles);
  const single = takenKeys(takes.filter((item) => !(item in groupTitles)));
  const flags = single.map((key) => `\`--${flagOf(key)}\``);
  const parts =
    groups.length === Object.keys(groupTitles).length ? ['all'] : groups.map((group) => groupTitles[group]);
  const all = [...parts, ...flags];
  return all.length === 0 ? undefined : `Options of [options.md](options.md): ${all.join(', ')}.`;
}

function commandSection(name: string, describe: string, command: Command): string {
  const own = Object.entries(command.own).map(([key, option]) => ownOptionLine(key, option));
  const args = Object.entries(command.args).map(([key, argument]) => `- \`${key}\`: ${argument.help}`);
  const json = command.json ? ['- `--json`: Print one JSON document.'] : [];
  const list = [...args, ...own, ...json];
  const taken = takenLine(command);
  return [
    `## ${name}${argumentWords(command)}`,
    '',
    describe,
    ...(command.details === undefined ? [] : [command.details]),
    '',
    ...(list.length === 0 ? [] : [...list, '']),
    ...(taken === undefined ? [] : [taken, '']),
    '```sh',
    ...command.examples.map(([line, meaning]) => `${line}   # ${meaning}`),
    '```',
    '',
  ].join('\n');
}

async function sections(entries: readonly CommandEntry[], parent: string): Promise<string[]> {
  const all: string[] = [];
  for (const entry of entries) {
    const name = `${parent} ${entry.name}`;
    const loaded = await entry.load();
    if (loaded.kind === 'group') all.push(...(await sections(loaded.commands, name)));
    else all.push(commandSection(name, entry.describe, loaded));
  }
  return all;
}

/** The page's text. */
export async function commandsPage(): Promise<string> {
  return `${[INTRODUCTION, ...(await sections(commands, 'redirector'))].join('\n').trimEnd()}\n`;
}
