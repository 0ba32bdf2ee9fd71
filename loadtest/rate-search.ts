/**
 * Looks for the highest rate that holds: doubles the rate until one does not hold, then bisects between the highest that
 * held and the lowest that did not. Where already the first does not hold, it halves until one does.
 */

/** The result is known to so much of itself. */
export const RESOLUTION = 0.05;
/** No rate outside of these is tried. */
export const LOWEST_RPS = 10;
export const HIGHEST_RPS = 200_000;

/**
 * The highest rate for which `holds` says true, or null when not even the lowest does. Rates are whole numbers.
 * @param holds is asked once for each rate that is tried
 */
export async function searchRate(
  startRps: number,
  holds: (rps: number) => Promise<boolean>,
): Promise<number | null> {
  let high = startRps;
  let low = 0;
  while (await holds(high)) {
    low = high;
    if (high === HIGHEST_RPS) return high;
    high = Math.min(HIGHEST_RPS, high * 2);
  }
  while (low === 0) {
    const half = Math.floor(high / 2);
    if (half < LOWEST_RPS) return null;
    if (await holds(half)) low = half;
    else high = half;
  }
  while (high - low > Math.max(1, RESOLUTION * low)) {
    const middle = Math.round((low + high) / 2);
    if (await holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}
