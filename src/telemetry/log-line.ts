/** What can be logged, as the table of log-names.ts has it, and a line as the log writes it. */
import {
  type failureFields,
  type LogEvent,
  type LogFieldName,
  type LogLevel,
  logEvents,
  type logFields,
} from './log-names.ts';

type FieldsIn<E extends LogEvent> = (typeof logEvents)[E]['fields'][number];
type ValueOf<F extends LogFieldName> = (typeof logFields)[F]['type'] extends 'text' ? string : number;

/** The fields of an event with their values. */
export type LogFields<E extends LogEvent> = { readonly [F in FieldsIn<E>]: ValueOf<F> };

/** Fields whose event is no longer known to the compiler, as they come from another thread. */
export type AnyLogFields = Readonly<Partial<Record<LogFieldName, string | number>>>;

/** Writes one event; the compiler asks for exactly its fields. Repeated ones are collapsed. */
export type Log = <E extends LogEvent>(
  event: E,
  ...fields: [FieldsIn<E>] extends [never] ? [] : [LogFields<E>]
) => void;

/** The events without fields. */
export type PlainEvent = { [E in LogEvent]: [FieldsIn<E>] extends [never] ? E : never }[LogEvent];

/** The events of which a reason is all there is to say. */
export type FailureEvent = {
  [E in LogEvent]: (typeof logEvents)[E]['fields'] extends typeof failureFields ? E : never;
}[LogEvent];

/** The sentence of an event, with the values of its fields. */
export const sentenceOf = (event: LogEvent, fields: AnyLogFields): string =>
  logEvents[event].message.replace(/\{([\w.]+)\}/g, (whole, name: LogFieldName) =>
    String(fields[name] ?? whole),
  );

/** A span, under the names that OpenTelemetry has for it in JSON lines. */
export interface TraceContext {
  readonly trace_id: string;
  readonly span_id: string;
  /** Two hexadecimal digits. */
  readonly trace_flags: string;
}

/** One line, without its time. */
export interface LogLine {
  readonly event: LogEvent;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: AnyLogFields;
  /** How often the event was left out since the last line of it. */
  readonly repeated: number;
  readonly trace: TraceContext | undefined;
}
