/**
 * When each request of an open-loop run is due, whatever the server does: at a constant rate, or as a Poisson process. A
 * run may have several rates one after the other. Even times are computed from the index, never added up, so that a long
 * run does not drift.
 */
import { userError } from '../src/errors.ts';
import { seededRandom } from './random.ts';

/** A rate for a while. */
export interface Phase {
  readonly rps: number;
  readonly seconds: number;
}

export type Arrivals = 'even' | 'poisson';

/** Due times of a run. Times are milliseconds after the start of the run. */
export interface Schedule {
  /** Requests of the whole run: rate x duration, rounded to a whole number, of each phase. */
  readonly total: number;
  /** When request `index` (from 0) is due. */
  dueAt(index: number): number;
  /** How many requests are due at `elapsed`: 0 before the start, at most `total`. */
  dueBy(elapsed: number): number;
}

/** The due times of a Poisson process are held in memory, at 8 bytes each. */
const MOST_RANDOM_TIMES = 10_000_000;

interface Section {
  readonly rps: number;
  readonly startMs: number;
  readonly endMs: number;
  /** The index of its first request. */
  readonly first: number;
  readonly count: number;
}

/** @throws RangeError when a rate or a duration is not a positive, finite number. */
function sectionsOf(phases: readonly Phase[]): readonly Section[] {
  const sections: Section[] = [];
  let [startMs, first] = [0, 0];
  for (const { rps, seconds } of phases) {
    for (const value of [rps, seconds]) {
      if (!(value > 0 && Number.isFinite(value))) throw new RangeError(`${value} is not a positive number`);
    }
    const endMs = startMs + seconds * 1000;
    const count = Math.max(1, Math.round(rps * seconds));
    sections.push({ rps, startMs, endMs, first, count });
    startMs = endMs;
    first += count;
  }
  return sections;
}

const totalOf = (sections: readonly Section[]): number => {
  const { first, count } = sections.at(-1)!;
  return first + count;
};

/** In each phase request i is due at the phase's start + i / rate. */
export function evenSchedule(phases: readonly Phase[]): Schedule {
  const sections = sectionsOf(phases);
  const total = totalOf(sections);
  const dueAt = (index: number): number => {
    const { startMs, first, rps } = sections.findLast((section) => section.first <= index)!;
    return startMs + ((index - first) * 1000) / rps;
  };
  return {
    total,
    dueAt,
    dueBy(elapsed) {
      const section = sections.findLast(({ startMs }) => startMs <= elapsed);
      if (section === undefined) return 0;
      const { startMs, first, count, rps } = section;
      let due = first + Math.min(count, Math.floor(((elapsed - startMs) * rps) / 1000) + 1);
      // Division and multiplication may round to different sides of a due time; dueAt is the one that counts.
      while (due > 0 && dueAt(due - 1) > elapsed) due--;
      while (due < total && dueAt(due) <= elapsed) due++;
      return due;
    },
  };
}

/**
 * Random arrivals, as of many clients who know nothing of one another: a Poisson process, given that rate x duration
 * requests come in each phase. So a run has exactly as many requests as an even one. The same seed gives the same times.
 * @throws RedirectorError USAGE when there are more times than are held in memory.
 */
export function poissonSchedule(phases: readonly Phase[], seed: number): Schedule {
  const sections = sectionsOf(phases);
  const total = totalOf(sections);
  if (total > MOST_RANDOM_TIMES) {
    throw userError('USAGE', {
      reason: `--arrivals poisson takes ${MOST_RANDOM_TIMES.toLocaleString('en-US')} requests at most, and these are ${total.toLocaleString('en-US')}: give a shorter --duration or a lower --rps.`,
    });
  }
  const random = seededRandom(seed);
  const times = new Float64Array(total);
  for (const { startMs, endMs, first, count } of sections) {
    // Uniform times in ascending order, without sorting: what is left of the phase shrinks by the least of the rest.
    let left = 1;
    for (let i = 0; i < count; i++) {
      left *= (1 - random()) ** (1 / (count - i));
      times[first + i] = startMs + (1 - left) * (endMs - startMs);
    }
  }
  return {
    total,
    dueAt: (index) => times[index]!,
    dueBy(elapsed) {
      let [low, high] = [0, total];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (times[middle]! <= elapsed) low = middle + 1;
        else high = middle;
      }
      return low;
    },
  };
}
