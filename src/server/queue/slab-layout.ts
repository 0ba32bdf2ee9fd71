/**
 * The shared memory of the slab pool. One control buffer (state words and header fields) and one data buffer
 * (the batches themselves). Every thread makes its own views on the same two buffers.
 */
import { SLAB_BYTES } from '../../limits.ts';

/** What is handed to each thread. */
export interface PoolMemory {
  readonly slabs: number;
  readonly control: SharedArrayBuffer;
  readonly data: SharedArrayBuffer;
}

/** Kinds of slab state; the state word is `kind | owner << 8`. */
export const kind = { FREE: 0, FILLING: 1, SEALED: 2, SENDING: 3, SETTLING: 4 } as const;
export type SlabKind = (typeof kind)[keyof typeof kind];

/** Owners: who may change a slab that is FILLING, SENDING or SETTLING. Listener n is `owner.LISTENER + n`. */
export const owner = { NOBODY: 0, SUPERVISOR: 1, SHIPPER: 2, SPOOLER: 3, LISTENER: 16 } as const;

/** Int32 words of the whole pool. */
export const poolWord = {
  /** Raised at each seal; the shipper and the spooler wait on it. */
  SEAL_EPOCH: 0,
  /** Raised at each free; a listener that found no FREE slab does not look again before it has changed. */
  FREE_EPOCH: 1,
  /** Raised at each change of any slab's state; a scan is true if it stood still. */
  CHANGES: 2,
  /** Raised when something other than a sealed slab waits for the spooler. */
  SPOOLER_EPOCH: 3,
  /** Why records are refused while the pool is full: 0, or a drop reason's number + 1 where the spool is to blame. */
  REFUSAL: 4,
} as const;
const POOL_WORDS = 16;

/** Int32 words of one slab, beside its state. */
export const slabWord = {
  /** Published per record with one store: `records << 20 | bytes of records`. */
  COMMIT: 0,
  LANE: 1,
  FLAGS: 2,
  /** Raised each time the slab is taken FREE -> FILLING: (index, generation) names one filling for ever. */
  GENERATION: 3,
  /** Outcome code while SETTLING (settlement.ts). */
  OUTCOME: 4,
  /** Partition chosen for the batch, -1 while none is. */
  PARTITION: 5,
  PRODUCER_EPOCH: 6,
  BASE_SEQUENCE: 7,
  /** Which of its records go in one batch (sink/slab-part.ts); 0: all. */
  PART: 8,
} as const;
const SLAB_WORDS = 16;

/** Float64 fields of one slab. */
export const slabNumber = {
  /** Wall-clock ms of the first record: the batch's base timestamp. */
  BASE_TIME: 0,
  MAX_TIME: 1,
  /** Monotonic ms (clock.ts) at which the slab was opened. */
  OPENED_AT: 2,
  /** What the ledger's cell is SET to when the slab settles. */
  TARGET: 3,
  /** Row of the spool that a replayed slab was read from. */
  SPOOL_ROW: 4,
  /** What the ledger's `unconfirmed` is set to when the slab settles. */
  UNCONFIRMED_TARGET: 5,
} as const;
const SLAB_NUMBERS = 8;

/** BigInt64 fields of one slab; field 0 of the pool is the ticket counter. */
export const slabBig = { TICKET: 0, PRODUCER_ID: 1 } as const;
const SLAB_BIGS = 2;
const POOL_BIGS = 2;

/** Bits of slabWord.FLAGS. */
export const flag = {
  /** A record of it is traced: its fate is to be posted. */
  SAMPLED: 1,
  /** It was read back from the spool, whose row counts it until it is deleted. */
  REPLAYED: 2,
  /** Bytes of it were written to a socket, or may be at any moment: it may be in the topic. */
  ON_WIRE: 4,
  /** Replayed: its numbers wait to be written into its row, before the first byte goes out. */
  PIN_WANTED: 8,
  /** Replayed: its numbers stand in its row. */
  PINNED: 16,
  /** The shipper has given it up to the spooler: given back to the queue it would be given up again at once. */
  HANDED: 32,
} as const;

/** Bits of the commit word that hold the length; 2^20 > SLAB_BYTES, 2^11 > SLAB_RECORDS. */
export const COMMIT_LENGTH_BITS = 20;
export const COMMIT_LENGTH_MASK = (1 << COMMIT_LENGTH_BITS) - 1;

/** Words of the control buffer. The states stand side by side: threads that look for a slab read all of them. */
const stateWords = (slabs: number): number => Math.ceil(slabs / SLAB_WORDS) * SLAB_WORDS; // whole cache lines
const wordsOf = (slabs: number): number => POOL_WORDS + stateWords(slabs) + slabs * SLAB_WORDS;

/** Views on the control buffer, with the offsets of a slab's fields. */
export class PoolViews {
  readonly #fieldsAt: number;
  readonly words: Int32Array;
  readonly numbers: Float64Array;
  readonly bigs: BigInt64Array;

  constructor(memory: PoolMemory) {
    this.#fieldsAt = POOL_WORDS + stateWords(memory.slabs);
    const wordCount = wordsOf(memory.slabs);
    const numberCount = memory.slabs * SLAB_NUMBERS;
    this.words = new Int32Array(memory.control, 0, wordCount);
    this.numbers = new Float64Array(memory.control, wordCount * 4, numberCount);
    this.bigs = new BigInt64Array(
      memory.control,
      wordCount * 4 + numberCount * 8,
      POOL_BIGS + memory.slabs * SLAB_BIGS,
    );
  }

  state(slab: number): number {
    return POOL_WORDS + slab;
  }
  word(slab: number, field: number): number {
    return this.#fieldsAt + slab * SLAB_WORDS + field;
  }
  number(slab: number, field: number): number {
    return slab * SLAB_NUMBERS + field;
  }
  big(slab: number, field: number): number {
    return POOL_BIGS + slab * SLAB_BIGS + field;
  }
}

/** Allocates a pool of as many whole slabs as `maxBytes` holds; untouched pages cost no memory. */
export function allocatePool(maxBytes: number): PoolMemory {
  const slabs = Math.floor(maxBytes / SLAB_BYTES);
  const controlBytes = wordsOf(slabs) * 4 + slabs * SLAB_NUMBERS * 8 + (POOL_BIGS + slabs * SLAB_BIGS) * 8;
  return {
    slabs,
    control: new SharedArrayBuffer(controlBytes),
    data: new SharedArrayBuffer(slabs * SLAB_BYTES),
  };
}
