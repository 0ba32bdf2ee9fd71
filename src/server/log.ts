/**
 * The log: one JSON line for an event on standard error, by pino. Secrets are taken out, repeated events collapsed, and
 * what is left can be handed on to the export of logs.
 */
import { type DestinationStream, type Logger, pino } from 'pino';
import type { Redact } from '../redaction.ts';
import {
  type AnyLogFields,
  type Log,
  type LogLine,
  sentenceOf,
  type TraceContext,
} from '../telemetry/log-line.ts';
import { type LogEvent, type LogEventSpec, type LogLevel, logEvents } from '../telemetry/log-names.ts';
import type { LogMessage } from './messages.ts';

/** The same event, with the same error unless any will do, again within this time is counted, not written. */
const QUIET_MS = 10_000;
/** Of events that are remembered: the texts of errors have no end. */
const MAX_REMEMBERED = 100;
/** Of one field, in characters; a stack of ten calls has some hundreds. */
const MAX_TEXT = 4096;

export interface ServerLogOptions {
  /** The least level that is written. */
  readonly level: LogLevel | 'silent';
  readonly redact: Redact;
  /** The span in which the caller is, where there is one. */
  readonly activeTrace?: () => TraceContext | undefined;
  /** Gets every line that is written. */
  readonly copyTo?: (line: LogLine) => void;
  readonly destination?: DestinationStream;
}

export class ServerLog {
  readonly #o: ServerLogOptions;
  readonly #logger: Logger;
  readonly #recent = new Map<string, { since: number; repeated: number }>();

  constructor(options: ServerLogOptions) {
    this.#o = options;
    this.#logger = pino(
      {
        level: options.level,
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
      },
      options.destination ?? pino.destination({ fd: 2, sync: true }),
    );
  }

  /** An event of this thread. */
  readonly log: Log = (event, ...fields) => this.#write(event, fields[0] ?? {});

  /** An event of the worker thread of that name. */
  relay({ event, fields }: LogMessage, thread: string): void {
    this.#write(event, { 'thread.name': thread, ...fields });
  }

  #write(event: LogEvent, given: AnyLogFields): void {
    const { level, anyReason }: LogEventSpec = logEvents[event];
    if (!this.#logger.isLevelEnabled(level)) return;
    const { redact, activeTrace, copyTo } = this.#o;
    const fields = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [
        name,
        typeof value === 'string' ? redact(value).slice(0, MAX_TEXT) : value,
      ]),
    ) as AnyLogFields;
    const message = sentenceOf(event, fields);
    const reason = anyReason ? undefined : (fields['exception.message'] ?? fields['error.type']);
    const repeated = this.#repeated(`${message} ${reason ?? ''}`);
    if (repeated === undefined) return;
    const trace = activeTrace?.();
    const line = { event, ...fields, ...(repeated === 0 ? {} : { repeated }) };
    this.#logger[level]({ ...line, ...trace }, message);
    copyTo?.({ event, level, message, fields, repeated, trace });
  }

  /** How often the event was left out since its last line; undefined: it is to be left out again. */
  #repeated(key: string): number | undefined {
    const now = performance.now();
    const seen = this.#recent.get(key);
    if (seen !== undefined && now - seen.since < QUIET_MS) {
      seen.repeated++;
      return undefined;
    }
    if (seen === undefined && this.#recent.size === MAX_REMEMBERED) this.#recent.clear();
    this.#recent.set(key, { since: now, repeated: 0 });
    return seen?.repeated ?? 0;
  }
}
