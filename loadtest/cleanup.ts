/** What has to be undone at the end, last first, whatever happens in between. */
import { reasonOf } from '../src/errors.ts';

export class Cleanup {
  /** Sentences on what could not be undone. */
  readonly problems: string[] = [];
  readonly #tasks: { readonly what: string; readonly undo: () => unknown }[] = [];

  /** `what` completes the sentence "Could not ...". */
  add(what: string, undo: () => unknown): void {
    this.#tasks.push({ what, undo });
  }

  /** Undoes everything; a failure is noted and the rest goes on. */
  async run(): Promise<void> {
    for (let task = this.#tasks.pop(); task !== undefined; task = this.#tasks.pop()) {
      try {
        await task.undo();
      } catch (error) {
        this.problems.push(`Could not ${task.what}: ${reasonOf(error)}.`);
      }
    }
  }
}
