/** OTLP exporters for the protocol asked for; endpoint, headers and time-outs they read from the environment themselves. */
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { LogRecordExporter } from '@opentelemetry/sdk-logs';
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { type Environment, otlpProtocol } from './settings.ts';

/** An exporter for spans. */
export async function traceExporter(env: Environment): Promise<SpanExporter> {
  const protocol = otlpProtocol('TRACES', env);
  const { OTLPTraceExporter } =
    protocol === 'grpc'
      ? await import('@opentelemetry/exporter-trace-otlp-grpc')
      : protocol === 'http/json'
        ? await import('@opentelemetry/exporter-trace-otlp-http')
        : await import('@opentelemetry/exporter-trace-otlp-proto');
  return new OTLPTraceExporter();
}

/** An exporter for metrics. */
export async function metricExporter(env: Environment): Promise<PushMetricExporter> {
  const protocol = otlpProtocol('METRICS', env);
  const { OTLPMetricExporter } =
    protocol === 'grpc'
      ? await import('@opentelemetry/exporter-metrics-otlp-grpc')
      : protocol === 'http/json'
        ? await import('@opentelemetry/exporter-metrics-otlp-http')
        : await import('@opentelemetry/exporter-metrics-otlp-proto');
  return new OTLPMetricExporter();
}

/** An exporter for log records. */
export async function logExporter(env: Environment): Promise<LogRecordExporter> {
  const protocol = otlpProtocol('LOGS', env);
  const { OTLPLogExporter } =
    protocol === 'grpc'
      ? await import('@opentelemetry/exporter-logs-otlp-grpc')
      : protocol === 'http/json'
        ? await import('@opentelemetry/exporter-logs-otlp-http')
        : await import('@opentelemetry/exporter-logs-otlp-proto');
  return new OTLPLogExporter();
}

interface Exporter<Items> {
  export(items: Items, done: (result: ExportResult) => void): void;
}

/** Tells of every export from now on when it has ended. */
export function onExported<Items>(
  exporter: Exporter<Items>,
  ended: (items: Items, failed: boolean) => void,
): void {
  const send = exporter.export.bind(exporter);
  exporter.export = (items, done) =>
    send(items, (result) => {
      ended(items, result.code !== ExportResultCode.SUCCESS);
      done(result);
    });
}
