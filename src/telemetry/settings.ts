/** What the standard OTEL_* variables and telemetry.sampleRatio ask for. Loads nothing of OpenTelemetry. */
import type { Sampler } from './traceparent.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface TelemetrySettings {
  /** Spans are exported: an OTLP endpoint is set. A bare start connects to nobody. */
  readonly tracing: boolean;
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

/** Reads the settings (opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables). */
export function telemetrySettings(sampleRatio: number, env: Environment): TelemetrySettings {
  const set = (name: string): string | undefined => env[name] || undefined; // empty is unset, by the specification
  const endpoint = set('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') ?? set('OTEL_EXPORTER_OTLP_ENDPOINT');
  const tracing =
    endpoint !== undefined &&
    set('OTEL_SDK_DISABLED')?.toLowerCase() !== 'true' &&
    (set('OTEL_TRACES_EXPORTER') ?? 'otlp') === 'otlp';

  const ours = { parentBased: true, ratio: sampleRatio };
  const name = set('OTEL_TRACES_SAMPLER');
  if (name === undefined)
    return { tracing, sampler: ours, samplerFrom: 'telemetry.sampleRatio', warnings: [] };
  const known = samplers[name];
  if (known === undefined) {
    const warning = `OTEL_TRACES_SAMPLER "${name}" is not one of ${Object.keys(samplers).join(', ')}: telemetry.sampleRatio is used.`;
    return { tracing, sampler: ours, samplerFrom: 'telemetry.sampleRatio', warnings: [warning] };
  }
  const argument = Number(set('OTEL_TRACES_SAMPLER_ARG') ?? 1);
  const valid = known.ratio !== undefined || (argument >= 0 && argument <= 1);
  return {
    tracing,
    sampler: { parentBased: known.parentBased, ratio: known.ratio ?? (valid ? argument : 1) },
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

/**
 * What OTEL_BSP_* ask for, or OTEL_BLRP_* of log records: a processor that is made by hand does not read them. What is no
 * number counts as unset.
 */
export function batchLimits(env: Environment, processor: 'BSP' | 'BLRP' = 'BSP'): BatchLimits {
  const limits: BatchLimits = {};
  for (const [variable, limit] of Object.entries(batchVariables)) {
    const value = Number(env[`OTEL_${processor}_${variable}`] || Number.NaN);
    if (Number.isInteger(value) && value > 0) limits[limit] = value;
  }
  return limits;
}

export interface LogsSettings {
  /** Log records are exported: OTEL_LOGS_EXPORTER asks for it, and an OTLP endpoint is set. */
  readonly exporting: boolean;
  readonly protocol: string;
}

/** What OTEL_LOGS_EXPORTER and the endpoints ask for. Unlike spans, log records are not exported by an endpoint alone. */
export function logsSettings(env: Environment): LogsSettings {
  const endpoint = env.OTEL_EXPORTER_OTLP_LOGS_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT;
  return {
    exporting:
      Boolean(endpoint) &&
      env.OTEL_SDK_DISABLED?.toLowerCase() !== 'true' &&
      env.OTEL_LOGS_EXPORTER === 'otlp',
    protocol: env.OTEL_EXPORTER_OTLP_LOGS_PROTOCOL || env.OTEL_EXPORTER_OTLP_PROTOCOL || 'http/protobuf',
  };
}
