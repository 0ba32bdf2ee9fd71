/** How long Kafka takes to acknowledge a request, as a running mean. */
import type { SinkPace } from './sink.ts';

/** Weight of the newest request. */
const WEIGHT = 0.2;

export class AckTime {
  #ms: number | undefined;
  /** Undefined before the first acknowledgement. A new object after each, so that a change can be seen. */
  pace: SinkPace | undefined;

  /** Notes a request that was answered after `ms`, and how many partitions take batches now. */
  observe(ms: number, partitions: number): void {
    this.#ms = this.#ms === undefined ? ms : this.#ms + (ms - this.#ms) * WEIGHT;
    this.pace = { partitions, ackMs: this.#ms };
  }
}
