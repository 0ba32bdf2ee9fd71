/**
 * A lane says which records share a slab: those without a key of one topic, or those of one topic whose keys have the same
 * place. It is one word of the slab's header: the topic's number in the table (topic-table.ts), and the place.
 *
 * A place is the key's partition in a topic of `record.partitions`. Where the topic has that many, or a divisor of it,
 * `place % partitions` is the partition that Kafka's default partitioner chooses, whatever key it is.
 */
const PLACE_BITS = 16;

/** The place of records without a key. */
export const NO_PLACE = -1;

/** No key, and the topic that the options name. */
export const DEFAULT_LANE = 0;

export const laneOf = (topic: number, place: number): number => (topic << PLACE_BITS) | (place + 1);
export const topicOfLane = (lane: number): number => lane >>> PLACE_BITS;
export const placeOfLane = (lane: number): number => (lane & ((1 << PLACE_BITS) - 1)) - 1;
