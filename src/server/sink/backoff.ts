/** Exponential back-off with jitter: many clients that lost one broker do not come back in step. */
export class Backoff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  #failures = 0;

  constructor(firstMs: number, maxMs: number) {
    this.#firstMs = firstMs;
    this.#maxMs = maxMs;
  }

  /** ms to wait after one more failure: between half and the whole of first x 2^failures, capped. */
  next(): number {
    const whole = Math.min(this.#maxMs, this.#firstMs * 2 ** Math.min(this.#failures++, 16));
    return whole * (0.5 + Math.random() / 2);
  }

  /** Failures since the last success. */
  get failures(): number {
    return this.#failures;
  }

  reset(): void {
    this.#failures = 0;
  }
}
