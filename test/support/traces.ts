/** What the tests of traces have in common. */
import { randomHex } from '../../src/telemetry/traceparent.ts';
import type { JaegerSpan } from './jaeger-trace.ts';

/** Spans leave the server this soon, in ms, so that tests need not wait for its usual 5 s. */
export const PROMPT_EXPORT = { OTEL_BSP_SCHEDULE_DELAY: '100' };

export interface Caller {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceparent: string;
}

/** A caller with a new trace. */
export function newCaller(sampled: boolean): Caller {
  const traceId = randomHex(16);
  const spanId = randomHex(8);
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-${sampled ? '01' : '00'}` };
}

/** The one span of a kind. Throws when there are more or less. */
export function spanOfKind(spans: readonly JaegerSpan[], kind: JaegerSpan['kind']): JaegerSpan {
  const found = spans.filter((span) => span.kind === kind);
  if (found.length === 1) return found[0]!;
  throw new Error(`${found.length} spans are ${kind}: ${spans.map(({ name }) => name).join(', ')}`);
}
