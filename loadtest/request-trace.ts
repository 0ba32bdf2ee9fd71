/** The `traceparent` of requests under load: their bytes are prepared once, and new ids are written over the old ones. */
import { randomHex } from '../src/telemetry/traceparent.ts';

const BEFORE_IDS = 'traceparent: 00-';
const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

/** The header's line, with room for the ids of a sampled trace. */
export const traceHeader = `${BEFORE_IDS}${'0'.repeat(2 * TRACE_ID_BYTES)}-${'0'.repeat(2 * SPAN_ID_BYTES)}-01`;

/** Where the ids begin in a request that has the header's line; undefined where it has none. */
export function traceIdsAt(request: Buffer): number | undefined {
  const line = request.indexOf(traceHeader);
  return line === -1 ? undefined : line + BEFORE_IDS.length;
}

/** Makes the request one of another trace: writes new ids at `at`. */
export function renewTrace(request: Buffer, at: number): void {
  request.write(randomHex(TRACE_ID_BYTES), at, 'latin1');
  request.write(randomHex(SPAN_ID_BYTES), at + 2 * TRACE_ID_BYTES + 1, 'latin1');
}
