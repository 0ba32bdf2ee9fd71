/** Threads that die: their doings in shared memory break off at a given step. */

/** What ends a thread. */
export class Death extends Error {}

/** A life of so many steps. */
export interface Life {
  stepsLeft: number;
}

/** `target`, as seen by a thread that dies before or after one of the calls that it makes. */
export function mortal<T extends object>(target: T, life: Life): T {
  const step = (): void => {
    if (life.stepsLeft-- <= 0) throw new Death();
  };
  return new Proxy(target, {
    get(_, name) {
      const value = Reflect.get(target, name, target) as unknown;
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        step();
        const result = value.apply(target, args);
        step();
        return result;
      };
    },
  });
}

/**
 * Runs `thread` with a life of 0 steps, 1, 2 and so on, until one lives to its end; `after` sees each time what was left.
 * @returns how many died
 */
export function dieAtEachStep(thread: (life: Life) => () => void): number {
  for (let steps = 0; ; steps++) {
    const life = { stepsLeft: steps };
    const after = thread(life);
    const died = life.stepsLeft < 0;
    after();
    if (!died) return steps;
  }
}

/** Runs `work` until it ends or dies. */
export function untilDeath(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof Death)) throw error;
  }
}
