/** `redirector config print|check`: the configuration in force, or what is wrong with it. */
import type { LoadedConfig } from '../../config.ts';
import { exitCode, RedirectorError } from '../../errors.ts';
import { type OptionGroup, type OptionKey, optionKeys, optionOf } from '../../options.ts';
import { defineCommand, defineGroup } from '../command.ts';
import { printJson, printLine, printTable, styled } from '../output.ts';
import { reportError } from '../report-error.ts';

const EVERYTHING: readonly OptionGroup[] = [
  'http',
  'record',
  'kafka',
  'queue',
  'spool',
  'admin',
  'shutdown',
  'telemetry',
];

const HIDDEN = '(set)';

/** A value as it can be typed; a secret is never shown. */
function shown(key: OptionKey, value: unknown): string {
  if (value === undefined) return '';
  return optionOf(key).secret ? HIDDEN : optionOf(key).type.show(value);
}

const document = ({ config, origins }: LoadedConfig): Record<string, unknown> =>
  Object.fromEntries(
    optionKeys.map((key) => {
      const value: unknown = config[key];
      const visible = optionOf(key).secret && value !== undefined ? HIDDEN : value;
      return [key, { value: visible ?? null, text: shown(key, value), from: origins[key] }];
    }),
  );

const print = defineCommand({
  details:
    'Times are in ms and sizes in bytes in the JSON document, beside each as it can be typed. Secrets are hidden.',
  examples: [
    ['redirector config print --config redirector.yaml', 'Every option with where its value came from'],
    ['redirector config print --json', 'The same for a program'],
  ],
  takes: EVERYTHING,
  json: true,
  async run({ loadConfig, json }) {
    const loaded = loadConfig();
    if (json) {
      printJson(document(loaded));
    } else {
      const rows = optionKeys.map((key) => {
        const from = loaded.origins[key];
        return [key, shown(key, loaded.config[key]), from === 'default' ? styled('dim', from) : from];
      });
      printTable(rows, ['option', 'value', 'from']);
    }
    return exitCode.ok;
  },
});

const check = defineCommand({
  details: 'Exits 0 when a server can be started with it, 1 when not.',
  examples: [['redirector config check --config redirector.yaml', 'Names every mistake at once']],
  takes: EVERYTHING,
  json: true,
  async run({ loadConfig, json, debug }) {
    try {
      const { config } = loadConfig({ requireTarget: true });
      const { readFiles } = await import('../../server/preflight.ts');
      readFiles(config);
    } catch (error) {
      if (!(error instanceof RedirectorError)) throw error;
      if (json) printJson({ ok: false, code: error.code, problems: error.message.split('\n') });
      else reportError(error, debug);
      return exitCode.checkFailed;
    }
    if (json) printJson({ ok: true, problems: [] });
    else printLine('ok');
    return exitCode.ok;
  },
});

export const command = defineGroup([
  {
    name: 'print',
    describe: 'Print every option with the value in force and where it came from.',
    load: async () => print,
  },
  {
    name: 'check',
    describe: 'Check the configuration: all mistakes at once.',
    load: async () => check,
  },
]);
