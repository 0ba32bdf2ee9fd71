/** How many schedules are tried, from which seed; and, when one fails, how to see it again. */
import fc from 'fast-check';
import { runSchedule, type Schedule } from './schedule.ts';
import type { Plant } from './world.ts';

/** Environment variables: the seed, the path to one schedule as fast-check names it, and a factor for the number of runs. */
const { MODEL_SEED, MODEL_PATH, MODEL_TIMES } = process.env;

export interface Tried {
  readonly runs: number;
  readonly actions: number;
  readonly steps: number;
  readonly deaths: number;
  readonly seed: number;
  /** What did not hold, with the shortest schedule that was found for it; undefined when all held. */
  readonly failure: string | undefined;
}

/**
 * Tries schedules until one fails.
 * @param runs how many by default
 * @param plant a mistake that is put in; the first schedule that finds it is as good as the shortest
 */
export async function tryMany(
  schedules: fc.Arbitrary<Schedule>,
  runs: number,
  plant?: Plant,
): Promise<Tried> {
  const sum = { runs: 0, actions: 0, steps: 0, deaths: 0 };
  const property = fc.asyncProperty(schedules, async (schedule) => {
    const { steps, deaths } = await runSchedule(schedule, plant);
    sum.runs++;
    sum.actions += schedule.actions.length;
    sum.steps += steps;
    sum.deaths += deaths;
  });
  const seed = Number(MODEL_SEED ?? Date.now() & 0x7fffffff);
  const result = await fc.check(property, {
    seed,
    endOnFailure: plant !== undefined,
    numRuns: Math.ceil(runs * Number(MODEL_TIMES ?? 1)),
    ...(MODEL_PATH === undefined ? {} : { path: MODEL_PATH }),
  });
  if (!result.failed) return { ...sum, seed, failure: undefined };
  const [schedule] = result.counterexample!;
  const failure = [
    (result.errorInstance as Error).message,
    `after ${result.numRuns} runs, by this schedule:`,
    `  ${JSON.stringify(schedule.setup)}`,
    ...schedule.actions.map((action) => `  ${JSON.stringify(action)}`),
    `  ${JSON.stringify(schedule.ending)}`,
    `Again: MODEL_SEED=${result.seed} MODEL_PATH=${result.counterexamplePath} (MODEL_TRACE=1 shows the state after each action)`,
  ].join('\n');
  return { ...sum, seed, failure };
}
