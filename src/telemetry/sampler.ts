/** Which requests are traced; plain code, safe on the request path. Names as in OTEL_TRACES_SAMPLER. */
import { SpanBudget } from './span-budget.ts';
import type { TraceContext } from './traceparent.ts';

export interface Sampler {
  /** The caller's decision is followed where there is one. */
  readonly parentBased: boolean;
  /** Part of the rest that is traced: 0 to 1. */
  readonly ratio: number;
  /** The same for answers of status 400 and above, and for records that are dropped. */
  readonly errorRatio: number;
}

/** What a traced redirect may cost: its SERVER and PRODUCER spans, and the span of a batch that is sent for it. */
export const SPANS_PER_TRACE = 3;

/** Draws of requests about which the caller has decided: below any ratio, and above any. */
const TRACED = -1;
const NOT_TRACED = 2;

/** Draws once for a request: a number that is compared with a ratio, so that a higher ratio traces what a lower one does. */
export function drawFor({ parentBased }: Sampler, parent: TraceContext | undefined): number {
  if (parent === undefined) return Math.random();
  if (parentBased) return parent.sampled ? TRACED : NOT_TRACED;
  // On the trace id, as the SDK's sampler does: every program that sees the trace then decides alike.
  let folded = 0;
  for (let at = 0; at < 32; at += 8) {
    folded = (folded ^ Number.parseInt(parent.traceId.slice(at, at + 8), 16)) >>> 0;
  }
  return folded / 2 ** 32;
}

/** The sampling of one listener. Without a sampler nothing is traced. */
export class Sampling {
  readonly #sampler: Sampler | undefined;
  readonly #budget: SpanBudget;
  readonly #limited: () => void;

  /**
   * @param spansPerSecond this listener's part of telemetry.maxSpansPerSecond
   * @param limited told of each request that would have been traced, were it not for that limit
   */
  constructor(sampler: Sampler | undefined, spansPerSecond: number, limited: () => void) {
    this.#sampler = sampler;
    this.#budget = new SpanBudget(spansPerSecond);
    this.#limited = limited;
  }

  /** What the other methods are asked with, drawn once for a request. */
  draw(parent: TraceContext | undefined): number {
    return this.#sampler === undefined ? NOT_TRACED : drawFor(this.#sampler, parent);
  }

  /** Whether the sampler is against tracing it, as opposed to the limit. Without a sampler nobody is. */
  isAgainst(draw: number, isError: boolean): boolean {
    return this.#sampler !== undefined && draw >= this.#ratio(isError);
  }

  /**
   * Whether a request is traced.
   * @param isError its status is 400 or above
   * @param now monotonic ms
   */
  takes(draw: number, isError: boolean, now: number): boolean {
    return draw < this.#ratio(isError) && this.#canPay(now);
  }

  /** Whether a request that was not traced is, since its record was dropped. One that the limit refused stays so. */
  takesDropped(draw: number, isError: boolean, now: number): boolean {
    return draw >= this.#ratio(isError) && draw < this.#ratio(true) && this.#canPay(now);
  }

  #ratio(isError: boolean): number {
    if (this.#sampler === undefined) return 0;
    return isError ? this.#sampler.errorRatio : this.#sampler.ratio;
  }

  #canPay(now: number): boolean {
    if (this.#budget.take(SPANS_PER_TRACE, now)) return true;
    this.#limited();
    return false;
  }
}
