/**
 * The brokers of the cluster: where they are, whether they answer, and which can be sent a request. Each has at most one
 * under way, and is left alone for a while when it asks or fails.
 */
import type { Backoff } from './backoff.ts';
import { retryBackoff } from './kafka-partition.ts';

export interface BrokerState {
  busy: boolean;
  /** Its last request got no answer. */
  failing: boolean;
  /** Monotonic ms before which it gets none. */
  notBefore: number;
  readonly backoff: Backoff;
}

export class KafkaBrokers {
  readonly #states = new Map<number, BrokerState>();
  #addresses: ReadonlyMap<number, string> = new Map();
  #isCutOff = false;
  #changes = 0;

  of(nodeId: number): BrokerState {
    let state = this.#states.get(nodeId);
    if (state === undefined) {
      state = { busy: false, failing: false, notBefore: 0, backoff: retryBackoff() };
      this.#states.set(nodeId, state);
    }
    return state;
  }

  /** `host:port` of every broker, by id, as the last look that found one has it. */
  get addresses(): ReadonlyMap<number, string> {
    return this.#addresses;
  }

  /** Rises whenever brokers, or who leads what, may have changed. */
  get changes(): number {
    return this.#changes;
  }

  /** A look at the metadata found a broker. */
  found(addresses: ReadonlyMap<number, string>): void {
    this.#addresses = addresses;
    this.#isCutOff = false;
    this.#changes++;
  }

  /** A look found none. */
  cutOff(): void {
    this.#isCutOff = true;
    this.#changes++;
  }

  /** What was last asked of it got no answer. */
  isFailing(nodeId: number): boolean {
    return this.#isCutOff || this.#states.get(nodeId)?.failing === true;
  }

  markFailing(nodeId: number, failing: boolean): void {
    const broker = this.of(nodeId);
    if (broker.failing === failing) return;
    broker.failing = failing;
    this.#changes++;
  }

  /** What they failed at is past. */
  forgive(): void {
    for (const nodeId of this.#states.keys()) this.markFailing(nodeId, false);
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
