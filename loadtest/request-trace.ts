/** The `traceparent` of requests under load: their bytes are prepared once, and each is sent with new ids in place of the old ones. */
import { randomHex } from '../src/telemetry/traceparent.ts';

const BEFORE_IDS = 'traceparent: 00-';
const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

/** The header's line, with room for the ids of a sampled trace. */
export const traceHeader = `${BEFORE_IDS}${'0'.repeat(2 * TRACE_ID_BYTES)}-${'0'.repeat(2 * SPAN_ID_BYTES)}-01`;

/** A request that has the header's line, as one of another trace. A copy: the bytes of the last one may be on their way. */
export function withNewTrace(request: Buffer): Buffer {
  const renewed = Buffer.from(request);
  const at = renewed.lastIndexOf(traceHeader) + BEFORE_IDS.length;
  renewed.write(randomHex(TRACE_ID_BYTES), at, 'latin1');
  renewed.write(randomHex(SPAN_ID_BYTES), at + 2 * TRACE_ID_BYTES + 1, 'latin1');
  return renewed;
}
