/** The id of one start of one instance: unique, and ordered by time as text. */
import { randomInt } from 'node:crypto';

const TIME_DIGITS = 9; // base 36 ms: enough until the year 5188
const RANDOM_DIGITS = 6;

/** e.g. `mhfx2k8a1k3v9q0`: 9 digits of time, 6 at random, base 36. */
export function makeBootId(now: number = Date.now()): string {
  const random = randomInt(36 ** RANDOM_DIGITS);
  return now.toString(36).padStart(TIME_DIGITS, '0') + random.toString(36).padStart(RANDOM_DIGITS, '0');
}
