/** One task that must succeed again and again: runs alone, backs off after failures, and can be asked for at any time. */
import type { Backoff } from './backoff.ts';

export class Upkeep {
  readonly #task: () => Promise<boolean>;
  readonly #backoff: Backoff;
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | undefined;
  #running = false;
  #wantedAgain = false;
  #stopped = false;

  /**
   * @param task resolves true on success; false (or a rejection) is tried again after a back-off
   * @param everyMs how long after a success it is due again; Infinity: only when asked
   */
  constructor(task: () => Promise<boolean>, backoff: Backoff, everyMs: number) {
    this.#task = task;
    this.#backoff = backoff;
    this.#everyMs = everyMs;
  }

  /** Asks for a run now; while a back-off lasts, the run at its end serves. */
  request(): void {
    if (this.#running) this.#wantedAgain = true;
    else if (this.#timer === undefined || this.#backoff.failures === 0) this.#schedule(0);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#stopped || ms === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#run();
    }, ms);
  }

  async #run(): Promise<void> {
    this.#running = true;
    this.#wantedAgain = false;
    const succeeded = await this.#task().catch(() => false);
    this.#running = false;
    if (!succeeded) {
      this.#schedule(this.#backoff.next());
      return;
    }
    this.#backoff.reset();
    // A wish that came while it ran may rest on news that the run did not see; not in a tight loop, though.
    this.#schedule(this.#wantedAgain ? 50 : this.#everyMs);
  }
}
