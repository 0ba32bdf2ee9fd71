/** W3C Trace Context (www.w3.org/TR/trace-context) and the sampling decision; plain code, safe on the request path. */
import { randomFillSync } from 'node:crypto';

/** A caller's span. */
export interface TraceContext {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  readonly sampled: boolean;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const ZERO_TRACE = '0'.repeat(32);
const ZERO_SPAN = '0'.repeat(16);

/** Reads a traceparent header; undefined when it is absent or not valid, which then counts as absent. */
export function parseTraceparent(header: string | undefined): TraceContext | undefined {
  if (header === undefined) return undefined;
  const match = TRACEPARENT.exec(header);
  if (match === null) return undefined;
  const [, version, traceId, spanId, flags, rest] = match as unknown as string[];
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (traceId === ZERO_TRACE || spanId === ZERO_SPAN) return undefined;
  return { traceId: traceId!, spanId: spanId!, sampled: (Number.parseInt(flags!, 16) & 1) === 1 };
}

/** Writes a traceparent header, version 00. */
export const formatTraceparent = ({ traceId, spanId, sampled }: TraceContext): string =>
  `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;

/** What decides whether a request is traced; names as in OTEL_TRACES_SAMPLER. */
export interface Sampler {
  /** The caller's decision is followed where there is one. */
  readonly parentBased: boolean;
  /** Part of the rest that is traced: 0 to 1. */
  readonly ratio: number;
}

/** Decides for one request. The ratio is drawn on the trace id where a caller gave one, as the SDK's sampler does. */
export function isSampled(sampler: Sampler, parent: TraceContext | undefined): boolean {
  if (parent === undefined) return sampler.ratio > 0 && Math.random() < sampler.ratio;
  if (sampler.parentBased) return parent.sampled;
  if (sampler.ratio >= 1) return true;
  let folded = 0;
  for (let at = 0; at < 32; at += 8) {
    folded = (folded ^ Number.parseInt(parent.traceId.slice(at, at + 8), 16)) >>> 0;
  }
  return folded < Math.floor(sampler.ratio * 0xffffffff);
}

const random = Buffer.alloc(1024);
let used = random.length;

/** `bytes` random bytes as hex: 16 for a trace id, 8 for a span id. Never all zero in practice (2^-64). */
export function randomHex(bytes: 8 | 16): string {
  if (used + bytes > random.length) {
    randomFillSync(random);
    used = 0;
  }
  used += bytes;
  return random.toString('hex', used - bytes, used);
}
