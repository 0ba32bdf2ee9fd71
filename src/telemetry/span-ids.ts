/** Gives the SDK the ids that the listeners have chosen, so that a record's headers and its spans agree. */
import type { IdGenerator } from '@opentelemetry/sdk-trace';

export class SpanIds implements IdGenerator {
  #traceId = '';
  #spanId = '';

  /** The ids of the span that is started next. */
  next(traceId: string, spanId: string): void {
    this.#traceId = traceId;
    this.#spanId = spanId;
  }

  generateTraceId(): string {
    return this.#traceId;
  }

  generateSpanId(): string {
    return this.#spanId;
  }
}
