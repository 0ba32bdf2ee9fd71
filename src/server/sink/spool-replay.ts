/**
 * Plays the spool back into the queue, oldest row first, a few slabs at a time. A row is deleted only when its slab was
 * delivered or refused for good; until then the row counts its records, and the slab is marked so that nothing else does.
 * Before the first byte of a batch goes out its numbers are written into its row: whoever sends it again, also another
 * process, sends it under them.
 */
import { monotonicMs } from '../queue/clock.ts';
import { laneOf } from '../queue/lane.ts';
import { BATCH_HEADER_BYTES } from '../queue/record-batch.ts';
import { outcomeOf } from '../queue/settlement.ts';
import { flag, kind, owner, slabNumber } from '../queue/slab-layout.ts';
import type { SlabPool } from '../queue/slab-pool.ts';
import type { TopicTable } from '../queue/topic-table.ts';
import type { SpoolFile } from './spool-file.ts';
import { isRecognised, pinOfSlab, restorePin } from './spool-pin.ts';

/** Replayed slabs in the queue at once: live traffic keeps the rest. */
const MAX_SLABS = 4;
/** While live slabs wait, only so many: the sink has little to spare. */
const MAX_SLABS_BESIDE_LIVE = 1;
/** Nothing is played back while the live slabs that wait are this part of the pool: it would only come back. */
const MAX_LIVE_PART = 0.25;
/** Slabs that are left to the listeners. */
const RESERVED_SLABS = 1;

export interface SpoolReplayOptions {
  readonly pool: SlabPool;
  readonly file: SpoolFile;
  readonly topics: TopicTable;
  /** Told of records that are sent once more although they may be there, where no broker can recognise them. */
  readonly onDoubt: (records: number) => void;
}

export class SpoolReplay {
  readonly #o: SpoolReplayOptions;
  readonly #rows = new Set<number>();
  #last = 0;

  constructor(options: SpoolReplayOptions) {
    const { pool } = options;
    this.#o = options;
    // What a dead predecessor put into the queue is still on its way.
    for (let slab = 0; slab < pool.slabs; slab++) {
      if (pool.kindOf(slab) === kind.FREE || !pool.hasFlag(slab, flag.REPLAYED)) continue;
      if (pool.kindOf(slab) !== kind.FILLING) this.#rows.add(pool.number(slab, slabNumber.SPOOL_ROW));
    }
    // It may have died before it could mark the slab that it had just taken.
    for (const slab of pool.inKind(kind.FILLING, owner.SPOOLER)) pool.abandon(slab, owner.SPOOLER);
  }

  /** Whether a row is in the queue. */
  isLeaving(row: number): boolean {
    return this.#rows.has(row);
  }

  /** Puts the next rows into the queue, as far as that has room for them. */
  refill(): void {
    const { pool, file, topics } = this.#o;
    while (this.#rows.size < this.#allowed()) {
      const batch = file.next(this.#last);
      if (batch === undefined) {
        // Rows whose slabs came back undelivered stand behind: begin again once the rest has settled.
        if (this.#rows.size === 0) this.#last = 0;
        return;
      }
      this.#last = batch.row;
      if (this.#rows.has(batch.row)) continue;
      const topic = batch.topic === undefined ? 0 : topics.number(batch.topic);
      const slab = pool.takeFree(owner.SPOOLER, laneOf(topic, batch.place), monotonicMs());
      if (slab === -1) return;
      pool.addFlag(slab, flag.REPLAYED);
      pool.setNumber(slab, slabNumber.SPOOL_ROW, batch.row);
      pool.setNumber(slab, slabNumber.BASE_TIME, batch.baseTime);
      pool.setNumber(slab, slabNumber.MAX_TIME, batch.maxTime);
      pool.bytes(slab).set(batch.section, BATCH_HEADER_BYTES);
      pool.commit(slab, batch.records, batch.section.length);
      if (batch.pin !== undefined) {
        if (isRecognised(batch.pin)) restorePin(pool, slab, batch.pin);
        else this.#o.onDoubt(batch.records);
      }
      this.#rows.add(batch.row);
      pool.seal(slab, owner.SPOOLER);
    }
  }

  #allowed(): number {
    const { pool } = this.#o;
    if (pool.countFree() <= RESERVED_SLABS) return 0;
    const live = pool.inKind(kind.SEALED).filter((slab) => !pool.hasFlag(slab, flag.REPLAYED)).length;
    if (live > pool.slabs * MAX_LIVE_PART) return 0;
    return live > 0 ? MAX_SLABS_BESIDE_LIVE : MAX_SLABS;
  }

  /** The batches that are about to be sent, and wait for their rows to know their numbers. */
  unpinned(): number[] {
    const { pool } = this.#o;
    return pool
      .inKind(kind.SENDING, owner.SHIPPER)
      .filter((slab) => pool.hasFlag(slab, flag.PIN_WANTED) && !pool.hasFlag(slab, flag.PINNED));
  }

  /**
   * Writes the numbers of batches into their rows, and lets them go.
   * @param slabs from unpinned(), before the last settle(): what came before each of them on its partition has left the spool.
   *   Of two rows with numbers of one producer id a broker that was restarted would recognise the second alone.
   */
  pin(slabs: readonly number[]): void {
    const { pool, file } = this.#o;
    if (slabs.length === 0) return;
    file.transaction(() => {
      for (const slab of slabs) file.pin(pool.number(slab, slabNumber.SPOOL_ROW), pinOfSlab(pool, slab)!);
    });
    for (const slab of slabs) pool.addFlag(slab, flag.PINNED);
    pool.wake();
  }

  /**
   * Deletes the rows whose slabs have an outcome, in one transaction.
   * @returns the slabs, which the caller frees after it has set the ledger
   */
  settle(): number[] {
    const { pool, file } = this.#o;
    const slabs = pool
      .inKind(kind.SETTLING, owner.SPOOLER)
      .filter((slab) => pool.hasFlag(slab, flag.REPLAYED));
    if (slabs.length === 0) return slabs;
    file.transaction(() => {
      for (const slab of slabs) {
        const row = pool.number(slab, slabNumber.SPOOL_ROW);
        const outcome = outcomeOf(pool, slab);
        if (outcome.kind === 'delivered') file.remove(row, 'delivered');
        else if (outcome.kind === 'dropped' && outcome.reason === 'rejected') file.remove(row, 'rejected');
        // Anything else leaves the row where it is: it is tried again.
      }
    });
    for (const slab of slabs) this.#rows.delete(pool.number(slab, slabNumber.SPOOL_ROW));
    return slabs;
  }

  /** Whether everything has been played back. */
  get done(): boolean {
    return this.#o.file.level.records === 0;
  }
}
