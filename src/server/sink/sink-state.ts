/** A sink's status, told to the log when it changes: once, not with every attempt. */
import type { FailureEvent, PlainEvent } from '../../telemetry/log-line.ts';
import type { SinkHost, SinkStatus } from './sink.ts';

/** The events of a sink's life; `up` may be left out where a sink that works is no news. */
export interface SinkEvents {
  readonly up?: PlainEvent;
  readonly again: PlainEvent;
  readonly down: FailureEvent;
}

export class SinkState {
  readonly #host: SinkHost;
  readonly #events: SinkEvents;
  status: SinkStatus = { state: 'connecting', lastError: null };

  constructor(events: SinkEvents, host: SinkHost) {
    this.#events = events;
    this.#host = host;
  }

  connected(): void {
    if (this.status.state === 'connected') return;
    const event = this.status.state === 'degraded' ? this.#events.again : this.#events.up;
    this.status = { state: 'connected', lastError: null };
    if (event !== undefined) this.#host.log(event);
  }

  degraded(lastError: string): void {
    if (this.status.lastError === lastError) return;
    this.status = { state: 'degraded', lastError };
    this.#host.log(this.#events.down, { 'exception.message': lastError });
  }
}
