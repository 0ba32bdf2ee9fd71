/**
 * When each request of an open-loop run is due: request i at start + i / rate, whatever the server does. The times are
 * computed from the index, never added up, so that a long run does not drift.
 */

/** Due times of a run at a constant rate. Times are milliseconds after the start of the run. */
export interface Schedule {
  /** Requests of the whole run: rate x duration, rounded to a whole number. */
  readonly total: number;
  /** When request `index` (from 0) is due. */
  dueAt(index: number): number;
  /** How many requests are due at `elapsed`: 0 before the start, at most `total`. */
  dueBy(elapsed: number): number;
}

/**
 * The schedule of `rps` requests a second, evenly spread, for `durationSeconds`.
 * @throws RangeError when one of the two is not a positive, finite number.
 */
export function evenSchedule(rps: number, durationSeconds: number): Schedule {
  for (const value of [rps, durationSeconds]) {
    if (!(value > 0 && Number.isFinite(value))) throw new RangeError(`${value} is not a positive number`);
  }
  const total = Math.max(1, Math.round(rps * durationSeconds));
  const dueAt = (index: number): number => (index * 1000) / rps;
  return {
    total,
    dueAt,
    dueBy(elapsed) {
      if (elapsed < 0) return 0;
      let count = Math.floor((elapsed * rps) / 1000) + 1;
      // Division and multiplication may round to different sides of a due time; dueAt is the one that counts.
      while (count > 0 && dueAt(count - 1) > elapsed) count--;
      while (dueAt(count) <= elapsed) count++;
      return Math.min(count, total);
    },
  };
}
