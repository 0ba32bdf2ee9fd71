/** What the queue can hold, and what Kafka can take of it: sums that `config check` and the stats both make. */
import { SLAB_BYTES, SLAB_RECORDS } from './limits.ts';

/** Records of `recordBytes` each (as encoded in a batch) that one slab, and so one batch, holds; at least one. */
export const recordsPerSlab = (recordBytes: number): number =>
  Math.max(1, Math.min(SLAB_RECORDS, Math.floor(SLAB_BYTES / recordBytes)));

/** Seconds until a queue of `maxBytes` is full when nothing leaves it. */
export const secondsToFill = (maxBytes: number, recordBytes: number, recordsPerSecond: number): number =>
  (Math.floor(maxBytes / SLAB_BYTES) * recordsPerSlab(recordBytes)) / recordsPerSecond;

/**
 * Records a second that Kafka can take at most: each partition has one batch in flight, of a slab at most, and gets the
 * next one after its acknowledgement.
 * @param ackMs from sending a batch to its acknowledgement
 */
export const ceiling = (partitions: number, ackMs: number, recordBytes: number): number =>
  (partitions * recordsPerSlab(recordBytes) * 1000) / ackMs;
