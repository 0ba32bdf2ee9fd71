/**
 * Plays the spool back into the queue, oldest row first, a few slabs at a time. A row is deleted only when its slab was
 * delivered or refused for good; until then the row counts its records, and the slab is marked so that nothing else does.
 */
import { monotonicMs } from '../queue/clock.ts';
import { BATCH_HEADER_BYTES } from '../queue/record-batch.ts';
import { outcomeOf } from '../queue/settlement.ts';
import { flag, kind, owner, slabNumber } from '../queue/slab-layout.ts';
import { DEFAULT_LANE, type SlabPool } from '../queue/slab-pool.ts';
import type { SpoolFile } from './spool-file.ts';

/** Replayed slabs in the queue at once: live traffic keeps the rest. */
const MAX_SLABS = 4;

export class SpoolReplay {
  readonly #pool: SlabPool;
  readonly #file: SpoolFile;
  readonly #rows = new Set<number>();
  #last = 0;

  constructor(pool: SlabPool, file: SpoolFile) {
    this.#pool = pool;
    this.#file = file;
    // What a dead predecessor put into the queue is still on its way.
    for (let slab = 0; slab < pool.slabs; slab++) {
      if (pool.kindOf(slab) === kind.FREE || !pool.hasFlag(slab, flag.REPLAYED)) continue;
      if (pool.kindOf(slab) !== kind.FILLING) this.#rows.add(pool.number(slab, slabNumber.SPOOL_ROW));
    }
    // It may have died before it could mark the slab that it had just taken.
    for (const slab of pool.inKind(kind.FILLING, owner.SPOOLER)) pool.abandon(slab, owner.SPOOLER);
  }

  /** Puts the next rows into the queue, while at least half of it is free. */
  refill(): void {
    const pool = this.#pool;
    while (this.#rows.size < MAX_SLABS && pool.countFree() * 2 > pool.slabs) {
      const batch = this.#file.next(this.#last);
      if (batch === undefined) {
        // Rows whose slabs came back undelivered stand behind: begin again once the rest has settled.
        if (this.#rows.size === 0) this.#last = 0;
        return;
      }
      this.#last = batch.row;
      if (this.#rows.has(batch.row)) continue;
      const slab = pool.takeFree(owner.SPOOLER, DEFAULT_LANE, monotonicMs());
      if (slab === -1) return;
      pool.addFlag(slab, flag.REPLAYED);
      pool.setNumber(slab, slabNumber.SPOOL_ROW, batch.row);
      pool.setNumber(slab, slabNumber.BASE_TIME, batch.baseTime);
      pool.setNumber(slab, slabNumber.MAX_TIME, batch.maxTime);
      pool.bytes(slab).set(batch.section, BATCH_HEADER_BYTES);
      pool.commit(slab, batch.records, batch.section.length);
      this.#rows.add(batch.row);
      pool.seal(slab, owner.SPOOLER);
    }
  }

  /**
   * Deletes the rows whose slabs have an outcome, in one transaction.
   * @returns the slabs, which the caller frees after it has set the ledger
   */
  settle(): number[] {
    const slabs = this.#pool
      .inKind(kind.SETTLING, owner.SPOOLER)
      .filter((slab) => this.#pool.hasFlag(slab, flag.REPLAYED));
    if (slabs.length === 0) return slabs;
    this.#file.transaction(() => {
      for (const slab of slabs) {
        const row = this.#pool.number(slab, slabNumber.SPOOL_ROW);
        const outcome = outcomeOf(this.#pool, slab);
        if (outcome.kind === 'delivered') this.#file.remove(row, 'delivered');
        else if (outcome.kind === 'dropped' && outcome.reason === 'rejected')
          this.#file.remove(row, 'rejected');
        // Anything else leaves the row where it is: it is tried again.
      }
    });
    for (const slab of slabs) this.#rows.delete(this.#pool.number(slab, slabNumber.SPOOL_ROW));
    return slabs;
  }

  /** Whether everything has been played back. */
  get done(): boolean {
    return this.#file.level.records === 0;
  }
}
