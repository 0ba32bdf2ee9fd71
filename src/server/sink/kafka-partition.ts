/** What the sink knows of one partition: who leads it, the one batch under way, and where its sequence stands. */
import { Backoff } from './backoff.ts';
import type { KafkaTopic } from './kafka-topic.ts';
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
  /** Monotonic ms after which it is given up. */
  readonly deadline: number;
  readonly resolve: (outcome: SendOutcome) => void;
  /** Monotonic ms before which it is not tried again. */
  notBefore: number;
  inFlight: boolean;
  /** An earlier attempt was written. */
  sent: boolean;
  /** Bytes of the attempt under way, or of the last one, may have left. */
  written: boolean;
  /** An attempt ended without a word on its fate: the batch may be in the topic, whatever later answers say. */
  fateUnknown: boolean;
  /** The topic was missing since then: its broker no longer knows whether it had the batch. */
  forgotten: boolean;
  /** It was sent without a producer id: with one, the broker could not recognise it as the same batch. */
  plain: boolean;
}

/** Batches of one kind (live, or replayed) on one partition, numbered one after another. */
export interface Line {
  /** Undefined: the next batch begins a new producer id, at sequence 0. */
  producer: ProducerId | undefined;
  nextSequence: number;
}

export class Partition {
  readonly topic: KafkaTopic;
  readonly id: number;
  /** Node id of the leader, -1 while there is none. */
  leader = -1;
  /** The topic is there without it: it was made again with fewer partitions. */
  gone = false;
  pending: Pending | undefined;
  readonly live: Line = { producer: undefined, nextSequence: 0 };
  readonly replayed: Line = { producer: undefined, nextSequence: 0 };
  /** For batches that the broker answers but does not take. */
  readonly backoff = retryBackoff();
  /** Offset after the last batch that is known to be in the log. */
  #end = 0n;

  constructor(topic: KafkaTopic, id: number) {
    this.topic = topic;
    this.id = id;
  }

  /**
   * A batch is in the log at `baseOffset`.
   * @returns whether the log ends sooner than it did: it is another one, in a topic that was made again unnoticed
   */
  appended(baseOffset: bigint, records: number): boolean {
    const isAnother = baseOffset < this.#end;
    this.#end = baseOffset + BigInt(records);
    return isAnother;
  }

  /** The topic is gone, and the log with it: a new one begins with offset 0. */
  logLost(): void {
    this.#end = 0n;
  }
}
