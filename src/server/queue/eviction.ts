/**
 * Eviction (`drop_oldest`): a listener that finds the pool full takes back the oldest slab that waits. Only SEALED slabs:
 * one that was on the wire may be in the topic. A journal in the listener's row lets the supervisor finish an eviction in
 * which the listener dies, so that its records are counted once.
 */
import { monotonicMs } from './clock.ts';
import { dropColumn, type Ledger } from './ledger.ts';
import { flag, kind } from './slab-layout.ts';
import type { SlabPool } from './slab-pool.ts';

const EVICTED = dropColumn('evicted');
const UNKNOWN = -1;

/**
 * Takes back the oldest slab that waits, counts its records as `evicted`, and makes it an empty FILLING one.
 * @param onEvicted told of the slab while it still is what it was
 * @returns its index, or -1 when none waits
 */
export function evictOldest(
  pool: SlabPool,
  ledger: Ledger,
  by: number,
  lane: number,
  onEvicted: (slab: number) => void,
): number {
  for (;;) {
    const slab = pool.oldestSealed((candidate) => !pool.hasFlag(candidate, flag.REPLAYED));
    if (slab === -1) return -1;
    ledger.set(by, 'evictionTarget', UNKNOWN);
    ledger.set(by, 'evictionSlab', slab + 1);
    // Looked at again and counted only when it is ours: before, it could have been sent, freed and filled with others.
    if (!pool.takeBack(slab, by) || putBackReplayed(pool, slab, by)) {
      ledger.set(by, 'evictionSlab', 0);
      continue; // the sink was faster
    }
    ledger.set(by, 'evictionTarget', ledger.read(by, EVICTED) + pool.records(slab));
    ledger.set(by, EVICTED, ledger.read(by, 'evictionTarget'));
    onEvicted(slab);
    pool.prepare(slab, lane, monotonicMs());
    ledger.set(by, 'evictionSlab', 0);
    return slab;
  }
}

/**
 * Puts a slab that was taken back into the queue if it is a replayed one: its row counts it, and keeps it; evicting it would gain
 * nothing for good.
 */
function putBackReplayed(pool: SlabPool, slab: number, by: number): boolean {
  return pool.hasFlag(slab, flag.REPLAYED) && pool.seal(slab, by);
}

/** Finishes the eviction in which the listener `dead` died, if it was in one; its slab is left empty, to be abandoned. */
export function finishEviction(pool: SlabPool, ledger: Ledger, dead: number): void {
  const slab = ledger.read(dead, 'evictionSlab') - 1;
  if (slab < 0) return;
  if (pool.isIn(slab, kind.FILLING, dead) && !putBackReplayed(pool, slab, dead)) {
    if (ledger.read(dead, 'evictionTarget') === UNKNOWN) {
      ledger.set(dead, 'evictionTarget', ledger.read(dead, EVICTED) + pool.records(slab));
    }
    ledger.set(dead, EVICTED, ledger.read(dead, 'evictionTarget'));
    pool.commit(slab, 0, 0);
  }
  ledger.set(dead, 'evictionSlab', 0);
}
