/** The log of a server, as tests read it. */
import { type Log, sentenceOf } from '../../src/telemetry/log-line.ts';
import { type LogEvent, type LogLevel, logEvents } from '../../src/telemetry/log-names.ts';

/** A line of the log, parsed. */
export interface LoggedLine {
  readonly event: LogEvent;
  readonly level: LogLevel;
  readonly time: string;
  readonly msg: string;
  readonly [field: string]: string | number | undefined;
}

/** The events in what a server has written to standard error. */
export const logLinesOf = (stderr: string): LoggedLine[] =>
  stderr
    .split('\n')
    .filter((line) => line.startsWith('{') && line.includes('"event":"redirector.'))
    .map((line) => JSON.parse(line) as LoggedLine);

/** A log whose warnings are kept as sentences, and the levels of all. */
export function keptLog(): { log: Log; warnings: string[]; levels: LogLevel[] } {
  const warnings: string[] = [];
  const levels: LogLevel[] = [];
  const log: Log = (event, ...fields) => {
    const { level } = logEvents[event];
    levels.push(level);
    if (level === 'warn') warnings.push(sentenceOf(event, fields[0] ?? {}));
  };
  return { log, warnings, levels };
}
