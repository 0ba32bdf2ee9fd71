/** The Produce request: what goes into one, how it is written, and what comes of it. */
import type { Encoder } from './kafkajs-internals.ts';

/** A batch and where it goes. */
export interface ProducedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly bytes: Buffer;
}

export interface ProduceRequest {
  readonly acks: number;
  readonly batches: readonly ProducedBatch[];
  /** Called just before the first byte may go out: from then on the fate of the batches can be unknown. */
  beforeWrite(): void;
}

/** What became of one batch. */
export interface PartitionResult {
  readonly error: string;
  readonly baseOffset: bigint;
}

/** The answer to a Produce request: the results in the order of its batches. */
export interface Produced {
  readonly results: readonly (PartitionResult | undefined)[];
  readonly throttleMs: number;
}

/** Produce request, version 7: transactional id, acks, time-out, then by topic partition, size and bytes of each batch. */
export function encodeProduce(
  { acks, batches }: ProduceRequest,
  timeoutMs: number,
  encoderOf: (bytes: number) => Encoder,
): Encoder {
  const topics = Map.groupBy(batches, ({ topic }) => topic);
  let bytes = 32;
  for (const topic of topics.keys()) bytes += 8 + topic.length;
  for (const batch of batches) bytes += 8 + batch.bytes.length;
  const encoder = encoderOf(bytes)
    .writeString(null)
    .writeInt16(acks)
    .writeInt32(timeoutMs)
    .writeInt32(topics.size);
  for (const [topic, ofTopic] of topics) {
    encoder.writeString(topic).writeInt32(ofTopic.length);
    for (const batch of ofTopic) {
      encoder.writeInt32(batch.partition).writeInt32(batch.bytes.length).writeBufferInternal(batch.bytes);
    }
  }
  return encoder;
}
