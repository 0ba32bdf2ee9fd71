/** Ids of clicks: UUIDv7 (RFC 9562, 5.7), which are ordered by time. */
import { randomHex } from '../../telemetry/traceparent.ts';

const VARIANTS = '89ab';

/** @param ms wall-clock, in the first 48 bits */
export function clickId(ms: number = Date.now()): string {
  const time = ms.toString(16).padStart(12, '0');
  const random = randomHex(16);
  const variant = VARIANTS[Number.parseInt(random[0]!, 16) & 3];
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(1, 4)}-${variant}${random.slice(4, 7)}-${random.slice(7, 19)}`;
}
