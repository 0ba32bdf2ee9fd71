/** Loads what tells others of this server: spans and metrics through OpenTelemetry's SDK, and its log as OTLP. */
import { listenerCount } from '../capacity.ts';
import type { LoadedConfig } from '../config.ts';
import { userError } from '../errors.ts';
import { redirectScheme } from '../hosts.ts';
import type { LogExport } from '../telemetry/log-export.ts';
import type { Log } from '../telemetry/log-line.ts';
import type { OwnStats } from '../telemetry/own-stats.ts';
import type { Telemetry, TelemetryOptions } from '../telemetry/sdk.ts';
import { spanBudgets } from '../telemetry/span-budget.ts';
import { version } from '../version.ts';

type Config = LoadedConfig['config'];

/** OpenTelemetry's SDK registers itself for the whole process, and lets go of nothing. */
let telemetryTaken = false;

export async function loadTelemetry(
  config: Config,
  log: Log,
  {
    lostRatio,
    topicName,
    ...parts
  }: Pick<TelemetryOptions, 'boot' | 'exported' | 'metrics' | 'own'> & {
    lostRatio: number;
    topicName: (topic: number) => string | undefined;
  },
): Promise<Telemetry> {
  if (telemetryTaken) throw userError('TELEMETRY_TAKEN', {});
  telemetryTaken = true;
  const { startTelemetry } = await import('../telemetry/sdk.ts');
  return startTelemetry({
    ...parts,
    version: version(),
    clicks: {
      scheme: redirectScheme(config),
      topicName: config.sink === 'kafka' ? topicName : undefined,
      lostRatio,
      lostSpansPerSecond: spanBudgets(config['telemetry.maxSpansPerSecond'], listenerCount(config)).lost,
    },
    env: process.env,
    warn: exportTrouble(log),
  });
}

export async function loadLogExport(boot: string, own: OwnStats, log: Log): Promise<LogExport> {
  const { startLogExport } = await import('../telemetry/log-export.ts');
  return startLogExport({ version: version(), boot, env: process.env, own, warn: exportTrouble(log) });
}

const exportTrouble = (log: Log) => (message: string) =>
  log('redirector.telemetry.export_failed', { 'exception.message': message.slice(0, 300) });
