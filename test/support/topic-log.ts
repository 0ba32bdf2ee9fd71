/**
 * What a partition of a topic does with batches, as Kafka's log does: it appends, keeps the last five batches of each
 * producer, answers a repetition of one of them with its first offset, and refuses a gap. A producer that it does not
 * know may begin with any sequence.
 */
import { crc32c } from '@node-rs/crc32';
import { BATCH_HEADER_BYTES, decodeRecords } from '../../src/server/queue/record-batch.ts';
import type { PartitionResult, ProducedBatch } from '../../src/server/sink/kafka-produce.ts';

/** Batches of one producer that a partition remembers (ProducerStateEntry.NUM_BATCHES_TO_RETAIN). */
const REMEMBERED = 5;

/** A batch as it came in. */
export interface SentBatch {
  readonly topic: string;
  readonly partition: number;
  readonly producerId: bigint;
  readonly epoch: number;
  readonly sequence: number;
  readonly values: string[];
}

interface Known {
  readonly sequence: number;
  readonly records: number;
  readonly offset: number;
}

/**
 * Reads a batch from its bytes.
 * @throws Error when its checksum is wrong
 */
export function readBatch({ topic, partition, bytes }: ProducedBatch): SentBatch {
  const batch = Buffer.from(bytes);
  if (batch.readUInt32BE(17) !== crc32c(batch.subarray(21))) throw new Error('CORRUPT_MESSAGE');
  const values = Array.from(decodeRecords(batch.subarray(BATCH_HEADER_BYTES)), ({ value }) =>
    Buffer.from(value ?? []).toString(),
  );
  return {
    topic,
    partition,
    producerId: batch.readBigInt64BE(43),
    epoch: batch.readInt16BE(51),
    sequence: batch.readInt32BE(53),
    values,
  };
}

export class PartitionLog {
  /** What it holds, in order. */
  readonly values: string[] = [];
  readonly #producers = new Map<bigint, Known[]>();

  append({ producerId, sequence, values }: SentBatch): PartitionResult {
    if (producerId !== -1n) {
      const known = this.#producers.get(producerId) ?? [];
      const same = known.find((batch) => batch.sequence === sequence && batch.records === values.length);
      if (same !== undefined) return { error: 'NONE', baseOffset: BigInt(same.offset) };
      const last = known.at(-1);
      if (last !== undefined && sequence !== (last.sequence + last.records) % 2 ** 31) {
        return { error: 'OUT_OF_ORDER_SEQUENCE_NUMBER', baseOffset: -1n };
      }
      const entry = { sequence, records: values.length, offset: this.values.length };
      this.#producers.set(producerId, [...known, entry].slice(-REMEMBERED));
    }
    const baseOffset = BigInt(this.values.length);
    this.values.push(...values);
    return { error: 'NONE', baseOffset };
  }

  /** Its broker was started again: the snapshot of producers that it begins with holds the last batch of each. */
  restart(): void {
    for (const [id, known] of this.#producers) this.#producers.set(id, known.slice(-1));
  }

  /** Makes it expect `sequence` next from a producer. */
  expectSequence(producerId: bigint, sequence: number): void {
    this.#producers.set(producerId, [{ sequence: sequence - 1, records: 1, offset: -1 }]);
  }
}
