/** The last events of the log, as it wrote them, for the status page. */
import type { LogLine } from '../../telemetry/log-line.ts';
import type { LogEvent, LogLevel } from '../../telemetry/log-names.ts';

const MAX_EVENTS = 100;
const MAX_DETAIL = 500;

export interface RecentEvent {
  /** 1, 2, 3 ... since the start. */
  readonly number: number;
  /** RFC 3339. */
  readonly time: string;
  readonly level: LogLevel;
  readonly event: LogEvent;
  readonly message: string;
  /** Fields that the message does not show, but no stack; empty where there are none. */
  readonly detail: string;
  /** How often the event was left out since the last line of it. */
  readonly repeated: number;
}

export class RecentEvents {
  readonly #events: RecentEvent[] = [];
  #count = 0;

  /** Keeps a line of the log; one for debugging is not for everyone. */
  keep({ level, event, message, fields, repeated }: LogLine): void {
    if (level === 'debug') return;
    const detail = Object.entries(fields)
      .filter(([name, value]) => name !== 'exception.stacktrace' && !message.includes(String(value)))
      .map(([name, value]) => (name === 'exception.message' ? value : `${name} ${value}`))
      .join(', ')
      .slice(0, MAX_DETAIL);
    const time = new Date().toISOString();
    this.#events.push({ number: ++this.#count, time, level, event, message, detail, repeated });
    if (this.#events.length > MAX_EVENTS) this.#events.shift();
  }

  /** Those after the event of that number, the oldest first. */
  after(number: number): RecentEvent[] {
    return this.#events.filter((event) => event.number > number);
  }
}
