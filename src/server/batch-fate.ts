/** What is told of a slab with traced records, or of one that is lost, for spans. */
import type { FateMessage } from './messages.ts';
import { topicOfLane } from './queue/lane.ts';
import type { Outcome } from './queue/settlement.ts';
import { flag, slabNumber, slabWord } from './queue/slab-layout.ts';
import type { SlabPool } from './queue/slab-pool.ts';

/**
 * The fate of a slab, read while the slab still is what it was.
 * @param takenTime wall-clock ms at which a sink took it, if one did
 */
export const fateOf = (
  pool: SlabPool,
  slab: number,
  outcome: Outcome,
  takenTime?: number,
  place?: FateMessage['place'],
): FateMessage => ({
  type: 'fate',
  slab,
  generation: pool.get(slab, slabWord.GENERATION),
  records: pool.records(slab),
  topic: topicOfLane(pool.get(slab, slabWord.LANE)),
  traced: pool.hasFlag(slab, flag.SAMPLED),
  openedTime: pool.number(slab, slabNumber.BASE_TIME),
  takenTime,
  outcome,
  place,
  time: Date.now(),
});
