/** A token bucket for spans: a rate, and at most one second's worth of it at once. */
export class SpanBudget {
  readonly #perSecond: number;
  #left: number;
  #at = 0;

  /** @param perSecond 0 or more; with 0 nothing is ever granted */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond;
  }

  /**
   * Takes `spans`, or nothing. What is taken beyond the rest is paid back first, so that a low rate grants large takes too, more
   * rarely: over t seconds no more than `perSecond * (t + 1) + spans` are granted.
   * @param now monotonic ms
   */
  take(spans: number, now: number): boolean {
    const earned = ((now - this.#at) / 1000) * this.#perSecond;
    this.#left = Math.min(this.#perSecond, this.#left + earned);
    this.#at = now;
    if (this.#left <= 0) return false;
    this.#left -= spans;
    return true;
  }
}

/** Of all spans, the part for lost batches in which nothing is traced; the listeners have the rest. */
const LOST_SHARE = 0.1;

/** Divides a limit on spans a second among those who cause them, so that they need not agree with one another. */
export const spanBudgets = (perSecond: number, listeners: number): { listener: number; lost: number } => ({
  listener: (perSecond * (1 - LOST_SHARE)) / listeners,
  lost: perSecond * LOST_SHARE,
});
