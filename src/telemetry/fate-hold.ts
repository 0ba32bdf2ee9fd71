/**
 * Holds the fates of batches for a moment, so that what is told of the records in them comes first: it comes from other threads,
 * and each tells many at once.
 */
import type { BatchFate } from './notes.ts';
import type { Taker } from './spans.ts';

/** A fate is held for one turn and the rest of another: longer than threads collect what they tell. */
const TURN_MS = 200;

type Held = readonly [fate: BatchFate, taker: Taker | undefined];

export class FateHold {
  readonly #release: (fate: BatchFate, taker: Taker | undefined) => void;
  /** Those of this turn, and of the one before, which go next. */
  #held: Held[] = [];
  #older: Held[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(release: (fate: BatchFate, taker: Taker | undefined) => void) {
    this.#release = release;
  }

  add(fate: BatchFate, taker: Taker | undefined): void {
    this.#held.push([fate, taker]);
    this.#timer ??= setTimeout(() => this.#turn(), TURN_MS).unref();
  }

  #turn(): void {
    const ripe = this.#older;
    this.#older = this.#held;
    this.#held = [];
    this.#timer = this.#older.length === 0 ? undefined : setTimeout(() => this.#turn(), TURN_MS).unref();
    for (const [fate, taker] of ripe) this.#release(fate, taker);
  }

  /** Lets all of them go, when nothing more comes. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [fate, taker] of [...this.#older.splice(0), ...this.#held.splice(0)])
      this.#release(fate, taker);
  }
}
