/**
 * The writing end of the queue, one for each listener and lane. `tryPush` is constant-time, never throws and never
 * waits: it runs between two answers.
 */
import { SLAB_BYTES, SLAB_RECORDS } from '../../limits.ts';
import { monotonicMs } from './clock.ts';
import type { DropReason } from './drop-reason.ts';
import { evictOldest, finishEviction } from './eviction.ts';
import type { HighWater } from './high-water.ts';
import { dropColumn, type Ledger } from './ledger.ts';
import { appendRecord, BATCH_HEADER_BYTES, type RecordInput } from './record-batch.ts';
import { flag, kind, slabNumber, slabWord } from './slab-layout.ts';
import type { SlabPool } from './slab-pool.ts';

/** What became of an offered record. */
export type PushResult = { readonly kind: 'accepted' } | Dropped;
interface Dropped {
  readonly kind: 'dropped';
  readonly reason: DropReason;
}

const ACCEPTED: PushResult = { kind: 'accepted' };
const TOO_LARGE: Dropped = { kind: 'dropped', reason: 'record_too_large' };

/** Timestamps are deltas of 32 bits; a clock that was set by more than this is written as the limit. */
const MAX_TIME_DELTA = 2 ** 30;
/** A slab this many lingers old is sealed even behind waiting ones, while a quarter of the pool is free. */
const PATIENCE_LINGERS = 10;

export interface LaneWriterOptions {
  readonly pool: SlabPool;
  readonly ledger: Ledger;
  readonly highWater: HighWater;
  /** Owner number of the listener thread; also its row in the ledger. */
  readonly owner: number;
  readonly lane: number;
  readonly lingerMs: number;
  /** `drop_oldest` makes room in a full pool; with the others the record is refused. */
  readonly overflow: 'drop_newest' | 'drop_oldest' | 'spool';
  /** Told of each slab that this writer evicts, while it still is what it was. */
  readonly onEvicted?: (slab: number) => void;
}

export class LaneWriter {
  readonly #o: LaneWriterOptions;
  readonly #offered: number;
  #slab = -1;
  #bytes: Buffer = Buffer.alloc(0);
  #end = 0;
  #records = 0;
  #baseTime = 0;
  #maxTime = 0;
  /** Where the epochs stood when no slab was found: until one changes, looking again would find none. */
  #fullAtFree = -1;
  #fullAtSeal = -1;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LaneWriterOptions) {
    this.#o = options;
    this.#offered = options.ledger.index(options.owner, 'offered');
  }

  get lane(): number {
    return this.#o.lane;
  }

  /** The sequence that the next offered record will have, counted from 1. */
  get nextSequence(): number {
    return this.#o.ledger.cells[this.#offered]! + 1;
  }

  /** Where the record accepted last stands: slab, its filling, and place in the batch. */
  get lastPlace(): { slab: number; generation: number; place: number } {
    const generation = this.#o.pool.get(this.#slab, slabWord.GENERATION);
    return { slab: this.#slab, generation, place: this.#records - 1 };
  }

  /**
   * Offers one record.
   * @param timeMs wall-clock ms of the record
   * @param sampled the record is traced: its batch's fate will be posted
   */
  tryPush(record: RecordInput, timeMs: number, sampled = false): PushResult {
    this.#o.ledger.cells[this.#offered]! += 1;
    if (this.#slab === -1 && !this.#open(timeMs)) return this.#refuse();
    let next = this.#append(record, timeMs);
    if (next === -1) {
      if (this.#records === 0) return this.#dropTooLarge();
      this.seal();
      if (!this.#open(timeMs)) return this.#refuse();
      next = this.#append(record, timeMs);
      if (next === -1) return this.#dropTooLarge();
    }
    this.#end = next;
    this.#records += 1;
    if (timeMs > this.#maxTime) {
      this.#maxTime = timeMs;
      this.#o.pool.setNumber(this.#slab, slabNumber.MAX_TIME, timeMs);
    }
    if (sampled) this.#o.pool.addFlag(this.#slab, flag.SAMPLED);
    this.#o.pool.commit(this.#slab, this.#records, next - BATCH_HEADER_BYTES);
    return ACCEPTED;
  }

  #append(record: RecordInput, timeMs: number): number {
    if (this.#records === SLAB_RECORDS) return -1;
    const delta = Math.max(-MAX_TIME_DELTA, Math.min(MAX_TIME_DELTA, timeMs - this.#baseTime));
    return appendRecord(this.#bytes, this.#end, SLAB_BYTES, record, delta, this.#records);
  }

  #drop(result: Dropped): PushResult {
    this.#o.ledger.add(this.#o.owner, dropColumn(result.reason), 1);
    return result;
  }

  #refuse(): PushResult {
    return this.#drop({ kind: 'dropped', reason: this.#o.pool.refusal });
  }

  #dropTooLarge(): PushResult {
    // Kept open and empty it would age, and the record that comes into it one day would be overdue at once.
    this.seal();
    return this.#drop(TOO_LARGE);
  }

  #open(timeMs: number): boolean {
    const { pool } = this.#o;
    const slab = this.#findSlab();
    if (slab === -1) return false;
    this.#slab = slab;
    this.#bytes = pool.bytes(slab);
    this.#end = BATCH_HEADER_BYTES;
    this.#records = 0;
    this.#baseTime = timeMs;
    this.#maxTime = timeMs;
    pool.setNumber(slab, slabNumber.BASE_TIME, timeMs);
    pool.setNumber(slab, slabNumber.MAX_TIME, timeMs);
    this.#armTimer();
    return true;
  }

  /** A FILLING slab of ours, or -1. A full pool is scanned again only after something has changed in it. */
  #findSlab(): number {
    const { pool, ledger, owner, lane, overflow, onEvicted = () => {} } = this.#o;
    const { freeEpoch, sealEpoch } = pool;
    const evicts = overflow === 'drop_oldest';
    if (freeEpoch === this.#fullAtFree && (!evicts || sealEpoch === this.#fullAtSeal)) return -1;
    let slab = pool.takeFree(owner, lane, monotonicMs());
    if (slab === -1 && evicts) slab = evictOldest(pool, ledger, owner, lane, onEvicted);
    this.#fullAtFree = slab === -1 ? freeEpoch : -1;
    this.#fullAtSeal = sealEpoch;
    return slab;
  }

  #armTimer(ms = this.#o.lingerMs): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#lingerOver();
    }, ms);
  }

  /** Seals when nothing waits already, so that in an outage slabs fill to the brim. */
  #lingerOver(): void {
    if (this.#slab === -1) return;
    const { pool, lane, lingerMs } = this.#o;
    const age = monotonicMs() - pool.number(this.#slab, slabNumber.OPENED_AT);
    if (age < lingerMs - 1) {
      this.#armTimer(lingerMs - age); // the timer was armed for a slab that has filled since
      return;
    }
    const patient = age > PATIENCE_LINGERS * lingerMs && pool.countFree() * 4 >= pool.slabs;
    if (patient || !pool.hasSealed(lane)) this.seal();
    else this.#armTimer();
  }

  /** Seals the open slab, if any; an empty one goes back to the pool. */
  seal(): void {
    if (this.#slab === -1) return;
    const { pool, owner } = this.#o;
    const slab = this.#slab;
    this.#slab = -1;
    if (this.#records === 0) {
      pool.abandon(slab, owner);
      return;
    }
    sealWithJournal(pool, this.#o.ledger, slab, owner);
    this.#o.highWater.observe();
  }
}

/**
 * Seals a FILLING slab and adds its records to the listener's `sealed`. The journal lets the supervisor finish it when
 * the listener dies in the middle (recoverListener).
 */
export function sealWithJournal(pool: SlabPool, ledger: Ledger, slab: number, by: number): void {
  const records = pool.records(slab);
  const bytes = pool.recordBytes(slab);
  ledger.set(by, 'journalTarget', ledger.read(by, 'sealed') + records);
  ledger.set(by, 'journalSlab', slab + 1);
  pool.seal(slab, by);
  ledger.set(by, 'sealed', ledger.read(by, 'journalTarget'));
  ledger.set(by, 'journalSlab', 0);
  ledger.add(by, 'sealedBytes', bytes);
}

/**
 * Brings the books of a dead listener in order: finishes its eviction and its seal, seals what it had committed, and counts as `crash`
 * what it had counted as offered but neither dropped nor committed (at most one record).
 * @returns records found in its open slabs, and records lost
 */
export function recoverListener(
  pool: SlabPool,
  ledger: Ledger,
  dead: number,
): { sealed: number; lost: number } {
  finishEviction(pool, ledger, dead);
  const journal = ledger.read(dead, 'journalSlab') - 1;
  if (journal >= 0) {
    if (pool.isIn(journal, kind.FILLING, dead)) pool.seal(journal, dead);
    ledger.set(dead, 'sealed', ledger.read(dead, 'journalTarget'));
    ledger.set(dead, 'journalSlab', 0);
  }
  let sealed = 0;
  for (const slab of pool.inKind(kind.FILLING, dead)) {
    sealed += pool.records(slab);
    if (pool.records(slab) === 0) pool.abandon(slab, dead);
    else sealWithJournal(pool, ledger, slab, dead);
  }
  // What it evicted had been sealed before, by whichever listener.
  const refused = ledger.droppedBy(dead) - ledger.read(dead, dropColumn('evicted'));
  const lost = ledger.read(dead, 'offered') - refused - ledger.read(dead, 'sealed');
  if (lost > 0) ledger.add(dead, dropColumn('crash'), lost);
  return { sealed, lost };
}
