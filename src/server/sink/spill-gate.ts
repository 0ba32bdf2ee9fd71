/** Decides which slabs go to the spool when that takes the queue's overflow (`queue.overflow: spool`). */
import { monotonicMs } from '../queue/clock.ts';
import { flag, slabNumber } from '../queue/slab-layout.ts';
import type { SlabPool } from '../queue/slab-pool.ts';

/** Slabs in use, as a part of the pool, above which the oldest go to the spool, and down to which they do. */
const HIGH_WATER = 1 / 2;
const LOW_WATER = 3 / 8;

/**
 * Makes the chooser of a sink loop: the oldest slabs once the pool has passed its high-water mark, until it is down at the
 * low one, and any slab that has waited for longer than `maxAgeMs`. Replayed slabs are in the spool already.
 */
export function spillGate(pool: SlabPool, maxAgeMs: number): () => (slab: number) => boolean {
  let open = false;
  return () => {
    const used = pool.slabs - pool.countFree();
    open = used > pool.slabs * (open ? LOW_WATER : HIGH_WATER);
    const before = monotonicMs() - maxAgeMs;
    return (slab) =>
      !pool.hasFlag(slab, flag.REPLAYED) && (open || pool.number(slab, slabNumber.OPENED_AT) < before);
  };
}
