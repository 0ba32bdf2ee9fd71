/**
 * The part of a slab that goes in one batch: all of its records, or a run of them where the topic takes no batch so large.
 * The runs follow each other in the partition and in the sequence. The part stands in the slab as one word, so that a
 * successor of a shipper that died sends the very same batch again.
 */
import { slabBig, slabWord } from '../queue/slab-layout.ts';
import type { SlabPool } from '../queue/slab-pool.ts';

export interface SlabPart {
  /** Place of its first record in the slab: those before it are in the topic. */
  readonly first: number;
  readonly count: number;
}

const COUNT_BITS = 16;
const COUNT_MASK = (1 << COUNT_BITS) - 1;

/** The part that is to be sent, or under way. */
export function partOf(pool: SlabPool, slab: number): SlabPart {
  const word = pool.get(slab, slabWord.PART);
  if (word === 0) return { first: 0, count: pool.records(slab) };
  return { first: word >>> COUNT_BITS, count: word & COUNT_MASK };
}

function setPart(pool: SlabPool, slab: number, { first, count }: SlabPart): void {
  pool.set(slab, slabWord.PART, (first << COUNT_BITS) | count);
}

/** Whether a slab goes in several batches. */
export const isSplit = (pool: SlabPool, slab: number): boolean =>
  partOf(pool, slab).count < pool.records(slab);

/** Makes the part no longer than `most` records. */
export function limitPart(pool: SlabPool, slab: number, most: number): void {
  const { first, count } = partOf(pool, slab);
  if (count > most) setPart(pool, slab, { first, count: most });
}

/** Makes the part half as long. False: it is a single record. */
export function halvePart(pool: SlabPool, slab: number): boolean {
  const { first, count } = partOf(pool, slab);
  if (count <= 1) return false;
  setPart(pool, slab, { first, count: count >> 1 });
  return true;
}

/** Goes on to the part after this one, which is in the topic. False: there is none. */
export function nextPart(pool: SlabPool, slab: number): boolean {
  const { first, count } = partOf(pool, slab);
  const left = pool.records(slab) - first - count;
  if (left === 0) return false;
  setPart(pool, slab, { first: first + count, count: Math.min(count, left) });
  return true;
}

/** Gives the slab a producer id, whose next sequence is the part's. */
export function setSequence(
  pool: SlabPool,
  slab: number,
  producer: { readonly id: bigint; readonly epoch: number },
  nextSequence: number,
): void {
  pool.set(slab, slabWord.PRODUCER_EPOCH, producer.epoch);
  pool.set(slab, slabWord.BASE_SEQUENCE, advanceSequence(nextSequence, 2 ** 31 - partOf(pool, slab).first));
  pool.setBig(slab, slabBig.PRODUCER_ID, producer.id);
}

/** The sequence of the part's first record. */
export const sequenceOf = (pool: SlabPool, slab: number): number =>
  advanceSequence(pool.get(slab, slabWord.BASE_SEQUENCE), partOf(pool, slab).first);

/** Sequences run from 0 to 2^31 - 1 and start again at 0 (org.apache.kafka.common.record.DefaultRecordBatch). */
export const advanceSequence = (sequence: number, records: number): number => (sequence + records) % 2 ** 31;
