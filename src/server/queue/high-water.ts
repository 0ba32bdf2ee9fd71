/**
 * High-water marks of the queue: the maximum of the last 30 to 60 s, in two buckets of 30 s, so that bursts between two
 * scrapes show and no reader steals another's peak. Writers observe at each seal, when the queue is at its fullest.
 */
import { SLAB_BYTES } from '../../limits.ts';
import { monotonicMs } from './clock.ts';
import { flag, kind, slabNumber } from './slab-layout.ts';
import type { SlabPool } from './slab-pool.ts';

const BUCKET_MS = 30_000;
const FIELDS = 4; // epoch of the bucket, bytes, records, oldest age
const ROW = 2 * FIELDS;

/** A level of the queue: what is in use now, or was at most. Ages in ms. */
export interface QueueLevel {
  readonly bytes: number;
  readonly records: number;
  readonly oldestAgeMs: number;
}

/** The queue's fill now, from a scan: bytes are those of the slabs taken, records those committed in them. */
export function queueLevel(pool: SlabPool, now: number = monotonicMs()): QueueLevel {
  let bytes = 0;
  let records = 0;
  let oldestAgeMs = 0;
  for (let slab = 0; slab < pool.slabs; slab++) {
    if (pool.kindOf(slab) === kind.FREE) continue;
    bytes += SLAB_BYTES;
    if (pool.hasFlag(slab, flag.REPLAYED)) continue; // the spool's row counts it
    const held = pool.records(slab);
    records += held;
    if (held > 0) oldestAgeMs = Math.max(oldestAgeMs, now - pool.number(slab, slabNumber.OPENED_AT));
  }
  return { bytes, records, oldestAgeMs };
}

/** Allocates one row for each writer. */
export const allocateHighWater = (writers: number): SharedArrayBuffer =>
  new SharedArrayBuffer(writers * ROW * 8);

export class HighWater {
  readonly #cells: Float64Array;
  readonly #pool: SlabPool;
  readonly #row: number;

  /** @param row the writer's own row; readers may give any */
  constructor(memory: SharedArrayBuffer, pool: SlabPool, row: number) {
    this.#cells = new Float64Array(memory);
    this.#pool = pool;
    this.#row = row;
  }

  /** Notes the queue's level now. */
  observe(now: number = monotonicMs()): void {
    const level = queueLevel(this.#pool, now);
    const epoch = Math.floor(now / BUCKET_MS);
    const at = this.#row * ROW + (epoch % 2) * FIELDS;
    const fresh = this.#cells[at] !== epoch;
    const keep = (field: number, value: number): void => {
      this.#cells[at + field] = fresh ? value : Math.max(value, this.#cells[at + field]!);
    };
    keep(1, level.bytes);
    keep(2, level.records);
    keep(3, level.oldestAgeMs);
    this.#cells[at] = epoch;
  }

  /** The maximum over all writers, the last 30 to 60 s and now. */
  read(now: number = monotonicMs()): QueueLevel {
    const epoch = Math.floor(now / BUCKET_MS);
    let { bytes, records, oldestAgeMs } = queueLevel(this.#pool, now);
    for (let at = 0; at < this.#cells.length; at += FIELDS) {
      if (this.#cells[at]! < epoch - 1) continue;
      bytes = Math.max(bytes, this.#cells[at + 1]!);
      records = Math.max(records, this.#cells[at + 2]!);
      oldestAgeMs = Math.max(oldestAgeMs, this.#cells[at + 3]!);
    }
    return { bytes, records, oldestAgeMs };
  }
}
