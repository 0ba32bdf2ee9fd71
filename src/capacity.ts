/** What the queue can hold, and what Kafka can take of it: sums that `config check` and the stats both make. */
import { availableParallelism } from 'node:os';
import type { Config } from './config.ts';
import { MAX_LISTENERS, MAX_TOPICS, REUSE_PORT_PLATFORMS, SLAB_BYTES, SLAB_RECORDS } from './limits.ts';

type LaneConfig = Pick<Config, 'listeners' | 'queue.maxBytes' | 'record.key' | 'record.partitions'>;

/** Slabs that a listener needs for each lane: one to fill while another is on its way. */
const SLABS_PER_LANE = 2;

/** Lanes of so many topics: one each for records without a key, and one for each place that keys can have (queue/lane.ts). */
const laneCount = (config: LaneConfig, topics: number): number =>
  topics * (config['record.key'] === 'none' ? 1 : 1 + (config['record.partitions'] ?? 0));

const slabCount = (config: LaneConfig): number => Math.floor(config['queue.maxBytes'] / SLAB_BYTES);

/** Listener threads: as configured; `auto` is one for each CPU that the process may use, as far as the pool serves them. */
export function listenerCount(config: LaneConfig): number {
  if (config.listeners !== 'auto') return config.listeners;
  if (!REUSE_PORT_PLATFORMS.includes(process.platform)) return 1;
  const served = Math.floor(slabCount(config) / SLABS_PER_LANE / laneCount(config, 1));
  return Math.max(1, Math.min(availableParallelism(), served, MAX_LISTENERS));
}

/**
 * Why the queue is too small for the lanes of so many topics, in one sentence; undefined: it is not.
 * @param topics at least one, that of the options
 */
export function laneShortage(config: LaneConfig, topics: number): string | undefined {
  if (topics > MAX_TOPICS) return `Records go to ${topics} topics, and ${MAX_TOPICS} is the most.`;
  const listeners = listenerCount(config);
  const lanes = laneCount(config, topics);
  const slabs = slabCount(config);
  const needed = SLABS_PER_LANE * lanes * listeners;
  if (slabs >= needed) return undefined;
  const causes = [
    ...(topics === 1 ? [] : [`${topics} topics`]),
    ...(lanes === topics ? [] : [`record.partitions ${config['record.partitions']}`]),
  ];
  const each =
    causes.length === 0 ? 'two' : `two for each of its ${lanes} lanes (from ${causes.join(' and ')})`;
  return `queue.maxBytes holds ${slabs} slabs of 256KiB, but each of ${listeners} listeners (option listeners) needs ${each}: give at least ${(needed * SLAB_BYTES) / 1024}KiB.`;
}

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
