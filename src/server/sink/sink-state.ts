/** A sink's status, told to the log when it changes: once, not with every attempt. */
import type { FailureEvent, PlainEvent } from '../../telemetry/log-line.ts';
import { monotonicMs } from '../queue/clock.ts';
import type { SinkHost, SinkStatus } from './sink.ts';

/** The events of a sink's life; `up` may be left out where a sink that works is no news. */
export interface SinkEvents {
  readonly up?: PlainEvent;
  readonly again: PlainEvent;
  readonly down: FailureEvent;
}

/**
 * For so long after a reason was told, another one is not: a broker that freezes, goes or starts has a handful of them within
 * moments, and the one that stays is the one to act on. `status` always has the newest.
 */
const REASON_STANDS_MS = 5000;

export class SinkState {
  readonly #host: SinkHost;
  readonly #events: SinkEvents;
  #told: { readonly reason: string; readonly at: number } | undefined;
  status: SinkStatus = { state: 'connecting', lastError: null };

  constructor(events: SinkEvents, host: SinkHost) {
    this.#events = events;
    this.#host = host;
  }

  connected(): void {
    if (this.status.state === 'connected') return;
    const event = this.status.state === 'degraded' ? this.#events.again : this.#events.up;
    this.status = { state: 'connected', lastError: null };
    this.#told = undefined;
    if (event !== undefined) this.#host.log(event);
  }

  /** To be called at every attempt that fails, so that a reason that lasts is told. */
  degraded(lastError: string): void {
    this.status = { state: 'degraded', lastError };
    if (this.#told?.reason === lastError) return;
    const now = monotonicMs();
    if (this.#told !== undefined && now - this.#told.at < REASON_STANDS_MS) return;
    this.#told = { reason: lastError, at: now };
    this.#host.log(this.#events.down, { 'exception.message': lastError });
  }
}
