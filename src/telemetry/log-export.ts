/** The log as OTLP log records, in the supervisor only, and only when OTEL_LOGS_EXPORTER asks for it. */
import { ROOT_CONTEXT, SeverityNumber, trace } from '@opentelemetry/api';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { hearSdk } from './diagnostics.ts';
import type { LogLine, TraceContext } from './log-line.ts';
import { type LogEventSpec, type LogLevel, logEvents } from './log-names.ts';
import { logExporter, onExported } from './otlp-exporters.ts';
import type { OwnStats } from './own-stats.ts';
import { serviceResource } from './resource.ts';
import { sendLast } from './send-last.ts';
import { batchLimits, type Environment } from './settings.ts';

export interface LogExport {
  /** Takes a line; it is sent later. Lines that tell of the export itself are not taken. */
  emit(line: LogLine): void;
  /** Sends what is left, for at most `timeoutMs`. */
  shutdown(timeoutMs: number): Promise<void>;
}

export interface LogExportOptions {
  readonly version: string;
  /** service.instance.id */
  readonly boot: string;
  readonly env: Environment;
  /** Counts the log records that were sent, and those that could not be. */
  readonly own: OwnStats;
  /** Told of trouble with the export. */
  readonly warn: (message: string) => void;
}

const severities: Readonly<Record<LogLevel, SeverityNumber>> = {
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
};

export async function startLogExport(options: LogExportOptions): Promise<LogExport> {
  const { version, boot, env, own, warn } = options;
  hearSdk(warn);
  const exporter = await logExporter(env);
  onExported(exporter, (records, failed) => {
    own[failed ? 'logsFailed' : 'logsExported'] += records.length;
  });
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
