/** What the standard OTEL_* variables and telemetry.sampleRatio ask for. Loads nothing of OpenTelemetry. */
import type { Config } from '../config.ts';
import type { Sampler } from './sampler.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface TelemetrySettings {
  /** Spans are exported. */
  readonly tracing: boolean;
  /** Metrics are exported by OTLP; `/metrics` is there in any case. */
  readonly metrics: boolean;
  /** The log is exported too. */
  readonly logs: boolean;
  readonly sampler: Sampler;
  /** Which setting decided on the sampler. */
  readonly samplerFrom: 'OTEL_TRACES_SAMPLER' | 'telemetry.sampleRatio';
  /** Set and not understood, to be told once. */
  readonly warnings: readonly string[];
}

/** Samplers by their standard names; `ratio` undefined: OTEL_TRACES_SAMPLER_ARG, 1 by default. */
const samplers: Readonly<Record<string, { parentBased: boolean; ratio?: number }>> = {
  always_on: { parentBased: false, ratio: 1 },
  always_off: { parentBased: false, ratio: 0 },
  traceidratio: { parentBased: false },
  parentbased_always_on: { parentBased: true, ratio: 1 },
  parentbased_always_off: { parentBased: true, ratio: 0 },
  parentbased_traceidratio: { parentBased: true },
};

/** A kind of telemetry, as the variables name it. */
type Signal = 'TRACES' | 'METRICS' | 'LOGS';

/** Reads variables; an empty one is unset, by the specification. */
const variables =
  (env: Environment) =>
  (name: string): string | undefined =>
    env[name] || undefined;

/**
 * Whether a signal leaves by OTLP: an endpoint for it is set, and nothing turns it off. A bare start connects to nobody. The
 * log, which is on standard error already, has to be asked for.
 */
function isExported(signal: Signal, env: Environment): boolean {
  const set = variables(env);
  const endpoint = set(`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`) ?? set('OTEL_EXPORTER_OTLP_ENDPOINT');
  return (
    endpoint !== undefined &&
    set('OTEL_SDK_DISABLED')?.toLowerCase() !== 'true' &&
    (set(`OTEL_${signal}_EXPORTER`) ?? (signal === 'LOGS' ? 'none' : 'otlp')) === 'otlp'
  );
}

/** How a signal leaves: `grpc`, `http/json`, or else `http/protobuf`. */
export function otlpProtocol(signal: Signal, env: Environment): string {
  const set = variables(env);
  return (
    set(`OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`) ?? set('OTEL_EXPORTER_OTLP_PROTOCOL') ?? 'http/protobuf'
  );
}

/** Part of what is traced, as the options have it; errors and drops as the rest where `errors` is undefined. */
export interface SampleRatios {
  readonly all: number;
  readonly errors: number | undefined;
}

export const sampleRatios = (config: Config): SampleRatios => ({
  all: config['telemetry.sampleRatio'],
  errors: config['telemetry.errorSampleRatio'],
});

/** Reads the settings (opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables). */
export function telemetrySettings(ratios: SampleRatios, env: Environment): TelemetrySettings {
  const set = variables(env);
  const exported = {
    tracing: isExported('TRACES', env),
    metrics: isExported('METRICS', env),
    logs: isExported('LOGS', env),
  };

  const samplerOf = (parentBased: boolean, ratio: number): Sampler => ({
    parentBased,
    ratio,
    errorRatio: ratios.errors ?? ratio,
  });
  const ours = samplerOf(true, ratios.all);
  const name = set('OTEL_TRACES_SAMPLER');
  if (name === undefined)
    return { ...exported, sampler: ours, samplerFrom: 'telemetry.sampleRatio', warnings: [] };
  const known = samplers[name];
  if (known === undefined) {
    const warning = `OTEL_TRACES_SAMPLER "${name}" is not one of ${Object.keys(samplers).join(', ')}: telemetry.sampleRatio is used.`;
    return { ...exported, sampler: ours, samplerFrom: 'telemetry.sampleRatio', warnings: [warning] };
  }
  const argument = Number(set('OTEL_TRACES_SAMPLER_ARG') ?? 1);
  const valid = known.ratio !== undefined || (argument >= 0 && argument <= 1);
  return {
    ...exported,
    sampler: samplerOf(known.parentBased, known.ratio ?? (valid ? argument : 1)),
    samplerFrom: 'OTEL_TRACES_SAMPLER',
    warnings: valid ? [] : [`OTEL_TRACES_SAMPLER_ARG is not a number from 0 to 1: 1 is used.`],
  };
}

/** Limits of a batch processor of spans or log records, in its own names; what is not set has the SDK's default. */
export interface BatchLimits {
  scheduledDelayMillis?: number;
  exportTimeoutMillis?: number;
  maxQueueSize?: number;
  maxExportBatchSize?: number;
}

const batchVariables = {
  SCHEDULE_DELAY: 'scheduledDelayMillis',
  EXPORT_TIMEOUT: 'exportTimeoutMillis',
  MAX_QUEUE_SIZE: 'maxQueueSize',
  MAX_EXPORT_BATCH_SIZE: 'maxExportBatchSize',
} as const;

/** A whole number above 0; what is none counts as unset. */
function positive(env: Environment, variable: string): number | undefined {
  const value = Number(env[variable] || Number.NaN);
  return Number.isInteger(value) && value > 0 ? value : undefined;
}

/** What OTEL_BSP_* ask for, or OTEL_BLRP_* of log records: a processor that is made by hand does not read them. */
export function batchLimits(env: Environment, processor: 'BSP' | 'BLRP' = 'BSP'): BatchLimits {
  const limits: BatchLimits = {};
  for (const [variable, limit] of Object.entries(batchVariables)) {
    const value = positive(env, `OTEL_${processor}_${variable}`);
    if (value !== undefined) limits[limit] = value;
  }
  return limits;
}

/** How often metrics are exported and how long that may take, in ms (OTEL_METRIC_EXPORT_*); never longer than the interval. */
export function exportTimes(env: Environment): { intervalMs: number; timeoutMs: number } {
  const intervalMs = positive(env, 'OTEL_METRIC_EXPORT_INTERVAL') ?? 60_000;
  const timeoutMs = positive(env, 'OTEL_METRIC_EXPORT_TIMEOUT') ?? 30_000;
  return { intervalMs, timeoutMs: Math.min(timeoutMs, intervalMs) };
}
