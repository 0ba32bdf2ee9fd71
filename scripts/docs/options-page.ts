/** docs/options.md, from the option table. */
import {
  defaultTextOf,
  envOf,
  flagOf,
  groupTitles,
  type OptionGroup,
  type OptionKey,
  optionKeys,
  optionOf,
} from '../../src/options.ts';

const INTRODUCTION = `# Options

Each option can be given as a flag, as an environment variable, or as a key of the configuration file (YAML or JSON, named
by \`--config\` or \`REDIRECTOR_CONFIG\`; \`queue: {maxBytes: 64MiB}\` and \`queue.maxBytes: 64MiB\` are the same). Flags win over the
environment, the environment over the file, the file over the defaults. \`redirector config print\` shows what is in force
and where it came from, \`redirector config check\` names every mistake at once.
`;

/** Code where it is a value as one types it, plain where it is a phrase. */
function defaultOf(key: OptionKey): string {
  const option = optionOf(key);
  if (option.defaultText !== undefined) return option.defaultText;
  if (option.default === undefined) return 'not set';
  const shown = defaultTextOf(key);
  return shown === '' ? 'empty' : `\`${shown}\``;
}

function section(key: OptionKey): string {
  const option = optionOf(key);
  const examples = option.accepts.map((example) => (example === '' ? 'empty' : `\`${example}\``)).join(', ');
  const lines = [
    `### \`${key}\``,
    '',
    `${option.help}${option.secret ? ' It is a secret: it is never shown.' : ''}`,
    '',
    `- Flag \`--${flagOf(key)}\`, environment \`${envOf(key)}\``,
    `- Takes ${option.type.expects}; for example ${examples}`,
    `- Default: ${defaultOf(key)}`,
    `- Since ${option.since}`,
    '',
  ];
  return lines.join('\n');
}

/** The page's text. */
export function optionsPage(): string {
  const groups = (Object.keys(groupTitles) as OptionGroup[]).map((group) => {
    const keys = optionKeys.filter((key) => optionOf(key).group === group);
    return [`## ${groupTitles[group]}`, '', ...keys.map(section)].join('\n');
  });
  return `${[INTRODUCTION, ...groups].join('\n').trimEnd()}\n`;
}
