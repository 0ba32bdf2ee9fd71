/** What is told of a slab with traced records, for their spans. */
import type { FateMessage } from './messages.ts';
import type { Outcome } from './queue/settlement.ts';
import { slabWord } from './queue/slab-layout.ts';
import type { SlabPool } from './queue/slab-pool.ts';

/** The fate of a slab, read while the slab still is what it was. */
export const fateOf = (
  pool: SlabPool,
  slab: number,
  outcome: Outcome,
  place?: FateMessage['place'],
): FateMessage => ({
  type: 'fate',
  slab,
  generation: pool.get(slab, slabWord.GENERATION),
  records: pool.records(slab),
  outcome,
  place,
  time: Date.now(),
});
