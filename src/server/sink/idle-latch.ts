/** Lets a closing sink wait until nothing is under way, but no longer than to its deadline. */
import { monotonicMs } from '../queue/clock.ts';

export class IdleLatch {
  #release: (() => void) | undefined;

  /** Resolves at release(), or at `deadline` (monotonic ms). */
  async wait(deadline: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#release = resolve;
    const timer = setTimeout(resolve, Math.max(0, deadline - monotonicMs()));
    await promise;
    clearTimeout(timer);
  }

  /** Nothing is under way. Without anyone waiting it changes nothing. */
  release(): void {
    this.#release?.();
  }
}
