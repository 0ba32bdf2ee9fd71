/**
 * The OpenTelemetry SDK, in the supervisor only, and only when an endpoint is set. The auto-instrumentations see the
 * admin API and what the supervisor calls; redirects are traced from the threads' notes (spans.ts).
 */
import { isSpanContextValid, trace } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { SLAB_RECORDS } from '../limits.ts';
import { hearSdk } from './diagnostics.ts';
import { droppedSpansMeter } from './dropped-spans.ts';
import { autoInstrumentations } from './instrumentations.ts';
import type { TraceContext } from './log-line.ts';
import type { MetricsSource } from './metric-reading.ts';
import { onExported, traceExporter } from './otlp-exporters.ts';
import { metricReader, ownNamesOnly } from './otlp-metrics.ts';
import type { OwnStats } from './own-stats.ts';
import { serviceResource } from './resource.ts';
import { sendLast } from './send-last.ts';
import { batchLimits, type Environment, type TelemetrySettings } from './settings.ts';
import { SpanIds } from './span-ids.ts';
import { ClickSpans, type ClickSpansOptions } from './spans.ts';

export interface Telemetry {
  /** Undefined: spans are not exported. */
  readonly clicks: ClickSpans | undefined;
  /** The span in which the caller is, where there is one. */
  activeTrace(): TraceContext | undefined;
  /** Sends what is left, for at most `timeoutMs`. */
  shutdown(timeoutMs: number): Promise<void>;
}

export interface TelemetryOptions {
  readonly version: string;
  /** service.instance.id */
  readonly boot: string;
  readonly clicks: Omit<ClickSpansOptions, 'tracer' | 'ids' | 'own'>;
  readonly env: Environment;
  /** What is exported. */
  readonly exported: Pick<TelemetrySettings, 'tracing' | 'metrics'>;
  readonly metrics: MetricsSource;
  /** Filled with what telemetry counts of itself. */
  readonly own: OwnStats;
  /** Told of trouble with the export. */
  readonly warn: (message: string) => void;
}

/** Starts the SDK. To be called before express is loaded in this thread, or the admin API is not instrumented. */
export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const { version, boot, env, exported, metrics, own, warn } = options;
  hearSdk(warn);
  const resource = serviceResource(version, boot);
  const processor = exported.tracing ? await spanProcessor(own, env) : undefined;
  const reader = exported.metrics ? await metricReader(metrics, version, own, env) : undefined;
  const sdk = new NodeSDK({
    resource,
    autoDetectResources: false,
    spanProcessors: processor === undefined ? [] : [processor],
    metricReaders: reader === undefined ? [] : [reader],
    views: ownNamesOnly,
    logRecordProcessors: [],
    instrumentations: autoInstrumentations(env),
  });
  sdk.start();
  const end = async (): Promise<void> => {
    await processor?.forceFlush();
    await sdk.shutdown();
  };
  return {
    clicks: processor && clickSpans(processor, resource, options),
    activeTrace() {
      const span = trace.getActiveSpan()?.spanContext();
      // A request that is not traced has a span too, with ids of zeros.
      if (span === undefined || !isSpanContextValid(span)) return undefined;
      const flags = span.traceFlags.toString(16).padStart(2, '0');
      return { trace_id: span.traceId, span_id: span.spanId, trace_flags: flags };
    },
    shutdown: (timeoutMs) =>
      sendLast(timeoutMs, end(), (reason) => warn(`the last spans and metrics were not sent: ${reason}`)),
  };
}

/** Exports spans in batches, and counts them. */
async function spanProcessor(own: OwnStats, env: Environment): Promise<BatchSpanProcessor> {
  const exporter = await traceExporter(env);
  onExported(exporter, (spans, failed) => {
    if (failed) own.spansFailed += spans.length;
    else own.spansExported += spans.length;
  });
  const selfObsMeterProvider = droppedSpansMeter((spans) => {
    own.spansDropped += spans;
  });
  return new BatchSpanProcessor({ ...batchLimits(env), exporter, selfObsMeterProvider });
}

/** What is traced was decided by the listeners, with ids of their making. */
function clickSpans(
  processor: BatchSpanProcessor,
  resource: Resource,
  { version, clicks, own }: TelemetryOptions,
): ClickSpans {
  const ids = new SpanIds();
  const provider = new TracerProvider({
    resource,
    sampler: new AlwaysOnSampler(),
    idGenerator: ids,
    spanProcessors: [processor],
    // A batch is linked to each of its traced records, and the SDK's own limit is 128.
    spanLimits: { linkCountLimit: SLAB_RECORDS },
  });
  return new ClickSpans({ ...clicks, own, tracer: provider.getTracer('redirector', version), ids });
}
