/**
 * The OpenTelemetry SDK, in the supervisor only, and only when an endpoint is set. The auto-instrumentations see the
 * admin API and what the supervisor calls; redirects are traced from the threads' notes (spans.ts).
 */
import { isSpanContextValid, trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  type SpanExporter,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { hearSdk } from './diagnostics.ts';
import { autoInstrumentations } from './instrumentations.ts';
import type { TraceContext } from './log-line.ts';
import { serviceResource } from './resource.ts';
import { sendLast } from './send-last.ts';
import { batchLimits } from './settings.ts';
import { SpanIds } from './span-ids.ts';
import { ClickSpans } from './spans.ts';

export interface Telemetry {
  readonly clicks: ClickSpans;
  /** The span in which the caller is, where there is one. */
  activeTrace(): TraceContext | undefined;
  /** Sends what is left, for at most `timeoutMs`. */
  shutdown(timeoutMs: number): Promise<void>;
}

export interface TelemetryOptions {
  readonly version: string;
  /** service.instance.id */
  readonly boot: string;
  /** Where records go; undefined where there is no topic. */
  readonly topic: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told of trouble with the export. */
  readonly warn: (message: string) => void;
}

/** Starts the SDK. To be called before express is loaded in this thread, or the admin API is not instrumented. */
export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const { version, boot, topic, env, warn } = options;
  hearSdk(warn);
  const resource = serviceResource(version, boot);
  const processor = new BatchSpanProcessor({ ...batchLimits(env), exporter: await traceExporter(env) });
  const sdk = new NodeSDK({
    resource,
    autoDetectResources: false,
    spanProcessors: [processor],
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: autoInstrumentations(env),
  });
  sdk.start();

  // What is traced was decided by the listeners, with ids of their making.
  const ids = new SpanIds();
  const provider = new TracerProvider({
    resource,
    sampler: new AlwaysOnSampler(),
    idGenerator: ids,
    spanProcessors: [processor],
  });
  const sdkEnd = async (): Promise<void> => {
    await processor.forceFlush();
    await sdk.shutdown();
  };
  return {
    clicks: new ClickSpans(provider.getTracer('redirector', version), ids, topic),
    activeTrace() {
      const span = trace.getActiveSpan()?.spanContext();
      // A request that is not traced has a span too, with ids of zeros.
      if (span === undefined || !isSpanContextValid(span)) return undefined;
      const flags = span.traceFlags.toString(16).padStart(2, '0');
      return { trace_id: span.traceId, span_id: span.spanId, trace_flags: flags };
    },
    shutdown: (timeoutMs) =>
      sendLast(timeoutMs, sdkEnd(), (reason) => warn(`the last spans were not sent: ${reason}`)),
  };
}

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
