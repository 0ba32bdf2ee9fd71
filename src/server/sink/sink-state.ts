/** A sink's status, told to the log when it changes: once, not with every attempt. */
import type { SinkHost, SinkStatus } from './sink.ts';

/** The sentences of a sink's life; `up` may be left out where a sink that works is no news. */
export interface SinkSentences {
  readonly up?: string;
  readonly again: string;
  readonly down: string;
}

export class SinkState {
  readonly #host: SinkHost;
  readonly #sentences: SinkSentences;
  status: SinkStatus = { state: 'connecting', lastError: null };

  constructor(sentences: SinkSentences, host: SinkHost) {
    this.#sentences = sentences;
    this.#host = host;
  }

  connected(): void {
    if (this.status.state === 'connected') return;
    const sentence = this.status.state === 'degraded' ? this.#sentences.again : this.#sentences.up;
    this.status = { state: 'connected', lastError: null };
    if (sentence !== undefined) this.#host.log('info', sentence);
  }

  degraded(lastError: string): void {
    if (this.status.lastError === lastError) return;
    this.status = { state: 'degraded', lastError };
    this.#host.log('warn', this.#sentences.down, { error: lastError });
  }
}
