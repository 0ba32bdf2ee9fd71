/** Counts the records of one run among others, each once however often it was written. */
import { hasMark, userAgentOf } from './target.ts';

/** What was found. */
export interface Found {
  /** Distinct records of the run. */
  readonly found: number;
  /** Further copies of records already counted; null where records carry no id. */
  readonly duplicates: number | null;
}

const SEQUENCES_PER_BLOCK = 2 ** 16;
/** `{boot}-{listener}-{sequence}` */
const RECORD_ID = /^(.+)-(\d{1,15})$/;

/**
 * Adds up values of records. With `everyRecord` all count (records in go-compat say nothing of the request; the place
 * must be this run's alone), else those with the mark of run `run` in their User-Agent.
 */
export class RecordTally {
  readonly #mark: string;
  readonly #everyRecord: boolean;
  readonly #ids = new IdSet();
  #found = 0;
  #duplicates = 0;

  constructor(run: string, everyRecord: boolean) {
    this.#mark = userAgentOf(run);
    this.#everyRecord = everyRecord;
  }

  /** Counts one record by its value; what is not JSON is not ours. */
  add(value: string): void {
    if (this.#everyRecord) {
      this.#found++;
      return;
    }
    // Most of a busy topic is of others: looking is much cheaper than parsing.
    if (!value.includes(this.#mark)) return;
    const record = parse(value);
    if (record === undefined || !hasMark(record.user_agent, this.#mark)) return;
    if (typeof record.id === 'string' && !this.#ids.add(record.id)) this.#duplicates++;
    else this.#found++;
  }

  result(): Found {
    return { found: this.#found, duplicates: this.#everyRecord ? null : this.#duplicates };
  }

  /** How many of the records were counted by `other` too; null where records carry no id. */
  sharedWith(other: RecordTally): number | null {
    return this.#everyRecord ? null : this.#ids.sharedWith(other.#ids);
  }
}

function parse(value: string): { user_agent?: unknown; id?: unknown } | undefined {
  try {
    const record: unknown = JSON.parse(value);
    return typeof record === 'object' && record !== null ? record : undefined;
  } catch {
    return undefined;
  }
}

/** How many bits of a byte are set. */
const bitsOf = (byte: number): number => (byte === 0 ? 0 : (byte & 1) + bitsOf(byte >> 1));

/** A set of ids that takes a bit for each: a long run has millions, and their sequences are dense. */
class IdSet {
  readonly #blocks = new Map<string, Uint8Array>();
  readonly #others = new Set<string>();

  /** False when `id` was there already. */
  add(id: string): boolean {
    const parts = RECORD_ID.exec(id);
    if (parts === null || String(Number(parts[2])) !== parts[2]) {
      const before = this.#others.size;
      return this.#others.add(id).size > before;
    }
    const sequence = Number(parts[2]);
    const key = `${parts[1]}-${Math.floor(sequence / SEQUENCES_PER_BLOCK)}`;
    let block = this.#blocks.get(key);
    if (block === undefined) {
      block = new Uint8Array(SEQUENCES_PER_BLOCK / 8);
      this.#blocks.set(key, block);
    }
    const at = sequence % SEQUENCES_PER_BLOCK;
    const bit = 1 << (at & 7);
    if ((block[at >> 3]! & bit) !== 0) return false;
    block[at >> 3]! |= bit;
    return true;
  }

  sharedWith(other: IdSet): number {
    let shared = this.#others.intersection(other.#others).size;
    for (const [key, block] of this.#blocks) {
      const theirs = other.#blocks.get(key);
      if (theirs === undefined) continue;
      for (const [at, byte] of block.entries()) shared += bitsOf(byte & theirs[at]!);
    }
    return shared;
  }
}
