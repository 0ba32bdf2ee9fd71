/** Where a batch was sent and under which numbers: with them the broker recognises it when it is sent again. */
import { flag, slabBig, slabWord } from '../queue/slab-layout.ts';
import type { SlabPool } from '../queue/slab-pool.ts';

export interface BatchPin {
  readonly partition: number;
  /** -1: it had none, and no broker can recognise it. */
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  /** Which of its records go in one batch, as slabWord.PART has it. */
  readonly part: number;
  /** Wall-clock ms at which this was written. */
  readonly time: number;
}

/**
 * How long a broker is relied on to remember a producer id: half of Kafka's default `producer.id.expiration.ms` of a day.
 * A batch of an id that it has forgotten is appended without a word (tried on Kafka 4.4).
 */
export const ID_REMEMBERED_MS = 12 * 3_600_000;

/** The pin of a slab's batch as it stands; undefined when no byte of it can have left. */
export function pinOfSlab(pool: SlabPool, slab: number, time: number = Date.now()): BatchPin | undefined {
  if (!pool.hasFlag(slab, flag.ON_WIRE)) return undefined;
  return {
    partition: pool.get(slab, slabWord.PARTITION),
    producerId: pool.big(slab, slabBig.PRODUCER_ID),
    producerEpoch: pool.get(slab, slabWord.PRODUCER_EPOCH),
    baseSequence: pool.get(slab, slabWord.BASE_SEQUENCE),
    part: pool.get(slab, slabWord.PART),
    time,
  };
}

/** Whether the broker can be relied on to recognise the batch. A clock that was set back tells nothing. */
export const isRecognised = ({ producerId, time }: BatchPin, now: number = Date.now()): boolean =>
  producerId !== -1n && now >= time && now - time < ID_REMEMBERED_MS;

/** Gives a slab the numbers of its pin: whoever sends it sends it there, under them. */
export function restorePin(pool: SlabPool, slab: number, pin: BatchPin): void {
  pool.set(slab, slabWord.PARTITION, pin.partition);
  pool.set(slab, slabWord.PRODUCER_EPOCH, pin.producerEpoch);
  pool.set(slab, slabWord.BASE_SEQUENCE, pin.baseSequence);
  pool.set(slab, slabWord.PART, pin.part);
  pool.setBig(slab, slabBig.PRODUCER_ID, pin.producerId);
  pool.addFlag(slab, flag.ON_WIRE | flag.PIN_WANTED | flag.PINNED);
}

/** As the spool keeps it: JSON, the id as text, since it has 64 bits. */
export const pinToText = (pin: BatchPin | undefined): string | null =>
  pin === undefined ? null : JSON.stringify({ ...pin, producerId: String(pin.producerId) });

export function pinFromText(text: string | null): BatchPin | undefined {
  if (text === null) return undefined;
  const pin = JSON.parse(text) as Omit<BatchPin, 'producerId'> & { producerId: string };
  return { ...pin, producerId: BigInt(pin.producerId) };
}
