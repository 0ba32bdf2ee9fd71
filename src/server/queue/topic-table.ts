/**
 * The topics that records go to, by number, in shared memory: a lane names its topic by that. Names are only added, so a
 * number means the same topic for as long as the process lives. Number 0 is the topic that the options name.
 */
import { MAX_TOPICS } from '../../limits.ts';

/** Room for a name, which has 249 bytes of ASCII at most. */
const ENTRY_BYTES = 256;
/** Words before the names: how many places are taken, then the length of each name, 0 until it stands there. */
const TAKEN = 0;
const LENGTHS = 1;
const WORDS = LENGTHS + MAX_TOPICS;

const full = (): Error =>
  new Error(`There were more than ${MAX_TOPICS} topics since the start; a new start has room for others.`);

export const allocateTopicTable = (): SharedArrayBuffer =>
  new SharedArrayBuffer(WORDS * 4 + MAX_TOPICS * ENTRY_BYTES);

export class TopicTable {
  readonly #words: Int32Array;
  readonly #names: Buffer;
  /** What this thread has read so far. */
  readonly #known: (string | undefined)[] = [];
  readonly #numbers = new Map<string, number>();

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, WORDS);
    this.#names = Buffer.from(memory, WORDS * 4);
  }

  /** How many numbers are taken. */
  get size(): number {
    return Math.min(Atomics.load(this.#words, TAKEN), MAX_TOPICS);
  }

  /** The topic with this number; undefined where there is none, as when a thread died that was about to add one. */
  name(number: number): string | undefined {
    const known = this.#known[number];
    if (known !== undefined) return known;
    const length = Atomics.load(this.#words, LENGTHS + number);
    if (length === 0) return undefined;
    const at = number * ENTRY_BYTES;
    const name = this.#names.toString('latin1', at, at + length);
    this.#known[number] = name;
    return name;
  }

  /** The number of a topic, undefined where it has none yet. */
  find(name: string): number | undefined {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    for (let number = 0; number < this.size; number++) {
      if (this.name(number) !== name) continue;
      this.#numbers.set(name, number);
      return number;
    }
    return undefined;
  }

  /**
   * The number of a topic, which is given one where it has none. Two threads that add the same one at the same moment may give
   * it two, which both mean it.
   * @throws Error when the table is full
   */
  number(name: string): number {
    const found = this.find(name);
    if (found !== undefined) return found;
    const number = Atomics.add(this.#words, TAKEN, 1);
    if (number >= MAX_TOPICS) throw full();
    this.#names.write(name, number * ENTRY_BYTES, 'latin1');
    Atomics.store(this.#words, LENGTHS + number, name.length);
    return number;
  }

  /**
   * Gives each of these a number.
   * @throws Error when there is no room for all of them; then none is added
   */
  addAll(names: readonly string[]): void {
    const fresh = names.filter((name) => this.find(name) === undefined);
    if (this.size + fresh.length > MAX_TOPICS) throw full();
    for (const name of fresh) this.number(name);
  }
}
