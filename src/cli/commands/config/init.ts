/** `redirector config init`: a configuration file to start from. */
import { writeFileSync } from 'node:fs';
import { exitCode, reasonOf, userError } from '../../../errors.ts';
import { boolean, nonEmptyText } from '../../../option-types.ts';
import { groupTitles, type OptionGroup } from '../../../options.ts';
import { defineCommand, optionalArgument, ownOption } from '../../command.ts';
import { note } from '../../output.ts';

const DEFAULT_PATH = 'redirector.yaml';
/** Where neither flag, environment nor file says where to redirect: a file without it would not pass the check. */
const EXAMPLE_TARGET = 'https://example.com/';

export const command = defineCommand({
  details:
    'Each option stands in it with its default, commented out. What flags, the environment or --config FILE set is set in ' +
    'it, too; secrets are not: they belong in the environment. A file that is there is kept.',
  examples: [
    ['redirector config init', 'Writes redirector.yaml'],
    [
      'redirector config init clicks.yaml --brokers kafka-1:9092,kafka-2:9092 --target https://example.com/',
      'Another file, in which brokers and target are set',
    ],
    ['redirector config init - | less', 'To look at it'],
  ],
  takes: Object.keys(groupTitles) as OptionGroup[],
  args: {
    file: optionalArgument({
      type: nonEmptyText,
      help: `The file to write, else ${DEFAULT_PATH}; - writes to standard output.`,
      accepts: ['redirector.yaml', '-'],
      refuses: [''],
    }),
  },
  own: {
    force: ownOption({
      type: boolean,
      default: false,
      help: 'Replace a file that is there.',
      accepts: ['true'],
      refuses: ['maybe'],
    }),
  },
  async run({ args: { file: path = DEFAULT_PATH }, own: { force }, loadConfig }) {
    const { configFile } = await import('../../config-file.ts');
    const loaded = loadConfig();
    const { target, rules } = loaded.config;
    const text = configFile(
      target === undefined && rules === undefined
        ? {
            ...loaded,
            config: { ...loaded.config, target: EXAMPLE_TARGET },
            origins: { ...loaded.origins, target: 'file' },
          }
        : loaded,
    );
    if (path === '-') {
      process.stdout.write(text);
      return exitCode.ok;
    }
    try {
      writeFileSync(path, text, { flag: force ? 'w' : 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw userError('FILE_EXISTS', { path });
      throw userError('USAGE', { reason: `"${path}" cannot be written: ${reasonOf(error)}.` });
    }
    note(`"${path}" is written; start with: redirector serve --config ${path}`);
    return exitCode.ok;
  },
});
