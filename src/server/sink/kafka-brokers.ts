/** Which brokers can be sent a request: each has at most one under way, and is left alone for a while when it asks or fails. */
import type { Backoff } from './backoff.ts';
import { retryBackoff } from './kafka-partition.ts';

export interface BrokerState {
  busy: boolean;
  /** Monotonic ms before which it gets none. */
  notBefore: number;
  readonly backoff: Backoff;
}

export class KafkaBrokers {
  readonly #states = new Map<number, BrokerState>();

  of(nodeId: number): BrokerState {
    let state = this.#states.get(nodeId);
    if (state === undefined) {
      state = { busy: false, notBefore: 0, backoff: retryBackoff() };
      this.#states.set(nodeId, state);
    }
    return state;
  }

  isFree(nodeId: number, now: number): boolean {
    const { busy, notBefore } = this.of(nodeId);
    return !busy && notBefore <= now;
  }

  /** When the next of those that are left alone can be sent something; Infinity: there is none. */
  nextFree(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { notBefore } of this.#states.values()) if (notBefore > now) next = Math.min(next, notBefore);
    return next;
  }
}
