/** A sink's status, told to the log when it changes: once, not with every attempt. */
import type { SinkHost, SinkStatus } from './sink.ts';

export class SinkState {
  readonly #host: SinkHost;
  readonly #name: string;
  status: SinkStatus = { state: 'connecting', lastError: null };

  /** @param name of the sink, as the subject of a sentence */
  constructor(name: string, host: SinkHost) {
    this.#name = name;
    this.#host = host;
  }

  connected(): void {
    if (this.status.state === 'connected') return;
    this.status = { state: 'connected', lastError: null };
    this.#host.log('info', `${this.#name} is connected.`);
  }

  degraded(lastError: string): void {
    if (this.status.lastError === lastError) return;
    this.status = { state: 'degraded', lastError };
    this.#host.log('warn', `${this.#name} is not taking records; they wait in the queue.`, {
      error: lastError,
    });
  }
}
