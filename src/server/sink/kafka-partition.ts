/** What the sink knows of one partition: who leads it, the one batch under way, and where its sequence stands. */
import { Backoff } from './backoff.ts';
import type { SendOutcome } from './sink.ts';

/** Waits between attempts, for partitions and for brokers. */
export const retryBackoff = (): Backoff => new Backoff(50, 1000);

export interface ProducerId {
  readonly id: bigint;
  readonly epoch: number;
}

/** A slab on its way to a partition, through all retries. */
export interface Pending {
  readonly slab: number;
  readonly records: number;
  /** Monotonic ms after which it is given up. */
  readonly deadline: number;
  readonly resolve: (outcome: SendOutcome) => void;
  /** Monotonic ms before which it is not tried again. */
  notBefore: number;
  inFlight: boolean;
  /** Bytes of it have been written to a socket at some time: it stays with this partition. */
  written: boolean;
  /** Bytes of it may have reached a broker that did not say that it has not appended them. */
  sent: boolean;
  /** An attempt ended without a word on its fate: the batch may be in the topic, whatever later answers say. */
  fateUnknown: boolean;
  /** It was sent without a producer id: with one, the broker could not recognise it as the same batch. */
  plain: boolean;
}

/** Sequences run from 0 to 2^31 - 1 and start again at 0 (org.apache.kafka.common.record.DefaultRecordBatch). */
export const advanceSequence = (sequence: number, records: number): number => (sequence + records) % 2 ** 31;

/** Batches of one kind (live, or replayed) on one partition, numbered one after another. */
export interface Line {
  /** Undefined: the next batch begins a new producer id, at sequence 0. */
  producer: ProducerId | undefined;
  nextSequence: number;
}

export class Partition {
  readonly id: number;
  /** Node id of the leader, -1 while there is none. */
  leader = -1;
  pending: Pending | undefined;
  readonly live: Line = { producer: undefined, nextSequence: 0 };
  readonly replayed: Line = { producer: undefined, nextSequence: 0 };
  /** For batches that the broker answers but does not take. */
  readonly backoff = retryBackoff();

  constructor(id: number) {
    this.id = id;
  }
}
