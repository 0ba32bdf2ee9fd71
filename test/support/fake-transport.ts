/** Stands in for KafkaTransport where a test needs an answer that no real broker gives when asked. */
import type { PartitionResult, Produced, ProduceRequest } from '../../src/server/sink/kafka-produce.ts';
import type { TopicMetadata } from '../../src/server/sink/kafka-transport.ts';
import { PartitionLog, readBatch, type SentBatch } from './topic-log.ts';

/** The topic of the options in tests that use this. */
const TOPIC = 'clicks';

export interface SentRequest {
  readonly nodeId: number;
  readonly acks: number;
  readonly batches: SentBatch[];
}

/** What happens to a request: `errors` answers those partitions so, without appending. */
export type Fault =
  | 'never_written'
  | 'lost_request'
  | 'lost_answer'
  | { readonly errors: Record<number, string> }
  | { readonly throttleMs: number }
  | { readonly until: Promise<unknown> };

type InitAnswer = { error: string; producerId: bigint; epoch: number };

export class FakeTransport {
  leaders = new Map<number, number>([[0, 1]]);
  brokers = new Map<number, string>([[1, '127.0.0.1:9092']]);
  topicError = 'NONE';
  reachable = true;
  /** A batch of more records is refused as too large. */
  mostRecords = Number.POSITIVE_INFINITY;
  readonly requests: SentRequest[] = [];
  /** For the next requests, in turn. */
  readonly faults: Fault[] = [];
  /** Answers to the next InitProducerId, in turn; then fresh ids. */
  readonly initErrors: string[] = [];
  inits = 0;
  looks = 0;
  closed = false;
  /** What the topic holds, by partition. */
  readonly log = new Map<number, PartitionLog>();
  /** Other topics that do not exist. */
  readonly missing = new Set<string>();
  /** What other topics hold, by `topic-partition`. */
  readonly others = new Map<string, PartitionLog>();
  /** The highest number of requests under way at a broker at once. */
  mostAtOnce = 0;
  readonly #underWay = new Map<number, number>();
  readonly #rejectors = new Set<(error: Error) => void>();

  async metadata(topic = ''): Promise<TopicMetadata> {
    this.looks++;
    if (!this.reachable) throw new Error('connect ECONNREFUSED');
    const { brokers, leaders } = this;
    if (this.missing.has(topic)) return { error: 'UNKNOWN_TOPIC_OR_PARTITION', leaders: new Map(), brokers };
    return { error: this.topicError, leaders, brokers };
  }

  async initProducerId(): Promise<InitAnswer> {
    if (!this.reachable) throw new Error('connect ECONNREFUSED');
    const error = this.initErrors.shift() ?? 'NONE';
    return { error, producerId: error === 'NONE' ? BigInt(++this.inits) : -1n, epoch: 0 };
  }

  async produce(nodeId: number, request: ProduceRequest): Promise<Produced> {
    const fault = this.faults.shift();
    if (fault === 'never_written' || !this.reachable) throw new Error('connect ECONNREFUSED');
    request.beforeWrite();
    const batches = request.batches.map(readBatch);
    this.requests.push({ nodeId, acks: request.acks, batches });
    const underWay = (this.#underWay.get(nodeId) ?? 0) + 1;
    this.#underWay.set(nodeId, underWay);
    this.mostAtOnce = Math.max(this.mostAtOnce, underWay);
    const closed = Promise.withResolvers<never>();
    this.#rejectors.add(closed.reject);
    try {
      const answer = async () => this.#answer(batches, fault);
      return await Promise.race([answer(), closed.promise]);
    } finally {
      this.#underWay.set(nodeId, this.#underWay.get(nodeId)! - 1);
      this.#rejectors.delete(closed.reject);
    }
  }

  async #answer(batches: SentBatch[], fault: Fault | undefined): Promise<Produced> {
    const options: { errors?: Record<number, string>; throttleMs?: number; until?: Promise<unknown> } =
      typeof fault === 'object' ? fault : {};
    if (options.until !== undefined) await options.until;
    else await new Promise(setImmediate);
    if (fault === 'lost_request') throw new Error('the connection was reset');
    const errors = options.errors ?? {};
    const results = batches.map((batch) => {
      const error = errors[batch.partition];
      return error === undefined ? this.#append(batch) : { error, baseOffset: -1n };
    });
    if (fault === 'lost_answer') throw new Error('the connection was reset');
    return { results, throttleMs: options.throttleMs ?? 0 };
  }

  #append(batch: SentBatch): PartitionResult {
    if (batch.values.length > this.mostRecords) return { error: 'MESSAGE_TOO_LARGE', baseOffset: -1n };
    if (batch.topic === TOPIC) return this.partitionLog(batch.partition).append(batch);
    const name = `${batch.topic}-${batch.partition}`;
    const log = this.others.get(name) ?? new PartitionLog();
    this.others.set(name, log);
    return log.append(batch);
  }

  partitionLog(partition: number): PartitionLog {
    const log = this.log.get(partition) ?? new PartitionLog();
    this.log.set(partition, log);
    return log;
  }

  /** Deletes the topic. Making it again is to give it leaders and no error. */
  deleteTopic(): void {
    this.topicError = 'UNKNOWN_TOPIC_OR_PARTITION';
    this.leaders = new Map();
    this.log.clear();
  }

  /** Makes it with so many partitions, without anyone having missed it if it was deleted just before. */
  makeTopic(partitions: number): void {
    this.topicError = 'NONE';
    this.leaders = new Map(Array.from({ length: partitions }, (_, id) => [id, 1]));
  }

  close(): void {
    this.closed = true;
    for (const reject of this.#rejectors) reject(new Error('closed'));
  }

  /** All that the topic holds. */
  get values(): string[] {
    return [...this.log.values()].flatMap(({ values }) => values);
  }
}
