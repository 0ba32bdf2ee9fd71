/** The server's log: pino, one JSON line an event on standard error; an event that repeats is collapsed with a count. */
import { type DestinationStream, type Logger, pino } from 'pino';
import type { LogLevel } from './messages.ts';

/** The same message, of the same error, again within this time is counted, not written. */
const QUIET_MS = 10_000;
/** Of messages that are remembered: the texts of errors have no end. */
const MAX_REMEMBERED = 100;

export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** @param level the least level that is written, or `silent` */
export function makeLog(
  level: string,
  destination: DestinationStream = pino.destination({ fd: 2, sync: true }),
): Log {
  const logger: Logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  const recent = new Map<string, { since: number; repeated: number }>();
  return (at, message, fields = {}) => {
    const now = performance.now();
    const key = `${message} ${fields.error ?? ''}`;
    const seen = recent.get(key);
    if (seen !== undefined && now - seen.since < QUIET_MS) {
      seen.repeated++;
      return;
    }
    const repeated = seen === undefined || seen.repeated === 0 ? {} : { repeated: seen.repeated };
    if (seen === undefined && recent.size === MAX_REMEMBERED) recent.clear();
    recent.set(key, { since: now, repeated: 0 });
    logger[at]({ ...fields, ...repeated }, message);
  };
}
