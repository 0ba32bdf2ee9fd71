/** `redirector config print`: the configuration in force, and where it came from. */
import type { LoadedConfig } from '../../../config.ts';
import { exitCode } from '../../../errors.ts';
import { groupTitles, type OptionGroup, type OptionKey, optionKeys, optionOf } from '../../../options.ts';
import { sampleRatios, telemetrySettings } from '../../../telemetry/settings.ts';
import { defineCommand } from '../../command.ts';
import { printJson, printTable, styled } from '../../output.ts';

const HIDDEN = '(set)';

/** A value as it can be typed; a secret is never shown. */
function shown(key: OptionKey, value: unknown): string {
  if (value === undefined) return '';
  return optionOf(key).secret ? HIDDEN : optionOf(key).type.show(value);
}

interface InForce {
  readonly key: OptionKey;
  readonly value: unknown;
  readonly from: string;
}

/** Every option with the value in force and where it came from. OTEL_TRACES_SAMPLER wins over telemetry.sampleRatio. */
function inForce({ config, origins }: LoadedConfig): InForce[] {
  const { sampler, samplerFrom } = telemetrySettings(sampleRatios(config), process.env);
  return optionKeys.map((key) => {
    if (key === 'telemetry.sampleRatio' && key !== samplerFrom)
      return { key, value: sampler.ratio, from: samplerFrom };
    const isInFile = key === 'admin.token' && config['admin.tokenFile'] !== undefined;
    return { key, value: config[key], from: isInFile ? 'admin.tokenFile' : origins[key] };
  });
}

const document = (loaded: LoadedConfig): Record<string, unknown> =>
  Object.fromEntries(
    inForce(loaded).map(({ key, value, from }) => {
      const visible = optionOf(key).secret && value !== undefined ? HIDDEN : value;
      return [key, { value: visible ?? null, text: shown(key, value), from }];
    }),
  );

export const command = defineCommand({
  details:
    'Times are in ms and sizes in bytes in the JSON document, beside each as it can be typed. Secrets are hidden.',
  examples: [
    ['redirector config print --config redirector.yaml', 'Every option with where its value came from'],
    ['redirector config print --json', 'The same for a program'],
  ],
  takes: Object.keys(groupTitles) as OptionGroup[],
  json: true,
  async run({ loadConfig, json }) {
    const loaded = loadConfig();
    if (json) {
      printJson(document(loaded));
    } else {
      const rows = inForce(loaded).map(({ key, value, from }) => [
        key,
        shown(key, value),
        from === 'default' ? styled('dim', from) : from,
      ]);
      printTable(rows, ['option', 'value', 'from']);
    }
    return exitCode.ok;
  },
});
