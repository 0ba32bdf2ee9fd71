/**
 * The OpenTelemetry SDK, in the supervisor only, and only when an endpoint is set. The auto-instrumentations see the
 * admin API and Kafka's control calls; redirects are traced from the threads' notes (spans.ts).
 */
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { getNodeAutoInstrumentations } from '@opentelemetry/auto-instrumentations-node';
import {
  defaultResource,
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  type SpanExporter,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { SLAB_RECORDS } from '../limits.ts';
import { batchLimits } from './settings.ts';
import { SpanIds } from './span-ids.ts';
import { ClickSpans, type ClickSpansOptions } from './spans.ts';

export interface Telemetry {
  readonly clicks: ClickSpans;
  /** Sends what is left, for at most `timeoutMs`. */
  shutdown(timeoutMs: number): Promise<void>;
}

export interface TelemetryOptions {
  readonly version: string;
  /** service.instance.id */
  readonly boot: string;
  readonly clicks: Omit<ClickSpansOptions, 'tracer' | 'ids'>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told of trouble with the export. */
  readonly warn: (message: string) => void;
}

/** Starts the SDK. To be called before express is loaded in this thread, or the admin API is not instrumented. */
export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const { version, boot, env, warn } = options;
  diag.setLogger(
    {
      error: (message) => warn(message),
      warn: (message) => warn(message),
      info() {},
      debug() {},
      verbose() {},
    },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const resource = serviceResource(version, boot);
  const processor = new BatchSpanProcessor({ ...batchLimits(env), exporter: await traceExporter(env) });
  const sdk = new NodeSDK({
    resource,
    autoDetectResources: false,
    spanProcessors: [processor],
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [getNodeAutoInstrumentations()],
  });
  sdk.start();

  // What is traced was decided by the listeners, with ids of their making.
  const ids = new SpanIds();
  const provider = new TracerProvider({
    resource,
    sampler: new AlwaysOnSampler(),
    idGenerator: ids,
    spanProcessors: [processor],
    // A batch is linked to each of its traced records, and the SDK's own limit is 128.
    spanLimits: { linkCountLimit: SLAB_RECORDS },
  });
  return {
    clicks: new ClickSpans({ ...options.clicks, tracer: provider.getTracer('redirector', version), ids }),
    async shutdown(timeoutMs) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(() => {
        // The exporter is still trying, and what it would say of it comes too late to be told.
        warn(`the last spans were not sent within ${timeoutMs} ms`);
        resolve();
      }, timeoutMs);
      const flushed = processor.forceFlush().catch((error: unknown) => warn(String(error)));
      await Promise.race([flushed.then(() => sdk.shutdown()).catch(() => {}), promise]);
      clearTimeout(timer);
    },
  };
}

/** OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win over ours. */
const serviceResource = (version: string, boot: string): Resource =>
  defaultResource()
    .merge(
      resourceFromAttributes({
        'service.name': 'redirector',
        'service.version': version,
        'service.instance.id': boot,
      }),
    )
    .merge(detectResources({ detectors: [envDetector] }));

/** The OTLP exporter for the protocol asked for; endpoint, headers and time-outs it reads from the environment itself. */
async function traceExporter(env: TelemetryOptions['env']): Promise<SpanExporter> {
  const protocol =
    env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL || env.OTEL_EXPORTER_OTLP_PROTOCOL || 'http/protobuf';
  const { OTLPTraceExporter } =
    protocol === 'grpc'
      ? await import('@opentelemetry/exporter-trace-otlp-grpc')
      : protocol === 'http/json'
        ? await import('@opentelemetry/exporter-trace-otlp-http')
        : await import('@opentelemetry/exporter-trace-otlp-proto');
  return new OTLPTraceExporter();
}
