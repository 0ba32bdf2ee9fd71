/** The log as OTLP log records, in the supervisor only, and only when OTEL_LOGS_EXPORTER asks for it. */
import { ROOT_CONTEXT, SeverityNumber, trace } from '@opentelemetry/api';
import { ExportResultCode } from '@opentelemetry/core';
import { BatchLogRecordProcessor, LoggerProvider, type LogRecordExporter } from '@opentelemetry/sdk-logs';
import { hearSdk } from './diagnostics.ts';
import type { LogLine, TraceContext } from './log-line.ts';
import { type LogEventSpec, type LogLevel, logEvents } from './log-names.ts';
import { ownStats } from './own-stats.ts';
import { serviceResource } from './resource.ts';
import { sendLast } from './send-last.ts';
import { batchLimits, logsSettings } from './settings.ts';

export interface LogExport {
  /** Takes a line; it is sent later, and counted in own-stats.ts. Lines that tell of the export itself are not taken. */
  emit(line: LogLine): void;
  /** Sends what is left, for at most `timeoutMs`. */
  shutdown(timeoutMs: number): Promise<void>;
}

export interface LogExportOptions {
  readonly version: string;
  /** service.instance.id */
  readonly boot: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told of trouble with the export. */
  readonly warn: (message: string) => void;
}

const severities: Readonly<Record<LogLevel, SeverityNumber>> = {
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
};

export async function startLogExport({ version, boot, env, warn }: LogExportOptions): Promise<LogExport> {
  hearSdk(warn);
  const exporter = counted(await logExporter(logsSettings(env).protocol));
  const processor = new BatchLogRecordProcessor({ ...batchLimits(env, 'BLRP'), exporter });
  const provider = new LoggerProvider({ resource: serviceResource(version, boot), processors: [processor] });
  const logger = provider.getLogger('redirector', version);
  return {
    emit({ event, level, message, fields, repeated, trace: context }) {
      const spec: LogEventSpec = logEvents[event];
      if (spec.local) return;
      logger.emit({
        eventName: event,
        severityNumber: severities[level],
        severityText: level,
        body: message,
        attributes: repeated === 0 ? { ...fields } : { ...fields, repeated },
        ...(context === undefined ? {} : { context: contextOf(context) }),
      });
    },
    shutdown: (timeoutMs) =>
      sendLast(timeoutMs, provider.shutdown(), (reason) =>
        warn(`the last log records were not sent: ${reason}`),
      ),
  };
}

const contextOf = ({ trace_id: traceId, span_id: spanId, trace_flags: flags }: TraceContext) =>
  trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: Number.parseInt(flags, 16) });

/** Counts what an exporter has sent, and what it could not. */
const counted = (exporter: LogRecordExporter): LogRecordExporter => ({
  export: (records, done) =>
    exporter.export(records, (result) => {
      const count = result.code === ExportResultCode.SUCCESS ? 'logsExported' : 'logsFailed';
      ownStats[count] += records.length;
      done(result);
    }),
  forceFlush: () => exporter.forceFlush(),
  shutdown: () => exporter.shutdown(),
});

/** Endpoint, headers and time-outs it reads from the environment itself. */
async function logExporter(protocol: string): Promise<LogRecordExporter> {
  const { OTLPLogExporter } =
    protocol === 'grpc'
      ? await import('@opentelemetry/exporter-logs-otlp-grpc')
      : protocol === 'http/json'
        ? await import('@opentelemetry/exporter-logs-otlp-http')
        : await import('@opentelemetry/exporter-logs-otlp-proto');
  return new OTLPLogExporter();
}
