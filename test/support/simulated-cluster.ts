/**
 * A Kafka cluster in memory: brokers that lead partitions, with their logs, and requests on their way to them. What
 * happens to each request, and when, is for the test to say.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { PartitionResult, Produced, ProduceRequest } from '../../src/server/sink/kafka-produce.ts';
import type { KafkaTransport } from '../../src/server/sink/kafka-transport.ts';
import { PartitionLog, readBatch, type SentBatch } from './topic-log.ts';

/**
 * What becomes of a Produce request:
 * - `answered`: appended as far as its broker leads, and answered
 * - `answer_lost`, `reset_after`: appended; the answer never comes, or the connection breaks
 * - `request_lost`, `reset_before`: not appended; silence, or the connection breaks
 * - any name of an error: all its batches are answered so, and none is appended
 */
export type Fate = 'answered' | 'answer_lost' | 'reset_after' | 'request_lost' | 'reset_before' | RefusalName;
export type RefusalName =
  | 'NOT_ENOUGH_REPLICAS'
  | 'KAFKA_STORAGE_ERROR'
  | 'MESSAGE_TOO_LARGE'
  | 'TOPIC_AUTHORIZATION_FAILED';

/** Errors with which a broker says that it has appended all the same. */
export type HalfwayName = 'REQUEST_TIMED_OUT' | 'NOT_ENOUGH_REPLICAS_AFTER_APPEND';

export interface Request {
  readonly nodeId: number;
  readonly batches: readonly SentBatch[];
  readonly answer: (produced: Produced) => void;
  readonly fail: (error: Error) => void;
}

export type ClusterTransport = Pick<KafkaTransport, 'metadata' | 'initProducerId' | 'produce' | 'close'>;

/** How long a transport waits for an answer. */
const REQUEST_TIMEOUT_MS = 2000;

export class SimulatedCluster {
  readonly leaders = new Map<number, number>();
  readonly logs = new Map<number, PartitionLog>();
  /** No broker can be reached; requests that are with one stay there. */
  down = false;
  /** Requests that no broker has worked on, oldest first. Those of a dead client stay. */
  readonly waiting: Request[] = [];
  /** Told of every batch that a partition's leader is to append, before it judges it. */
  watch: (batch: SentBatch) => void = () => {};
  #producerIds = 0n;
  readonly isSingle: boolean;

  constructor(partitions: number, brokers: number) {
    for (let id = 0; id < partitions; id++) {
      this.leaders.set(id, id % brokers);
      this.logs.set(id, new PartitionLog());
    }
    this.isSingle = brokers === 1;
  }

  /** All brokers are started again, with what they had. */
  restart(): void {
    for (const log of this.logs.values()) log.restart();
  }

  /** All values of the topic. */
  get values(): string[] {
    return [...this.logs.values()].flatMap(({ values }) => values);
  }

  /** A broker works on a request. Without its client nobody hears of it. */
  work(request: Request, fate: Fate | HalfwayName): void {
    this.waiting.splice(this.waiting.indexOf(request), 1);
    if (fate === 'request_lost') return;
    if (fate === 'reset_before') {
      request.fail(new Error('the connection was reset'));
      return;
    }
    const appends = ['answered', 'answer_lost', 'reset_after', ...halfway].includes(fate);
    const results = request.batches.map((batch) => {
      const result = appends ? this.#append(request.nodeId, batch) : { error: fate, baseOffset: -1n };
      const halfDone = halfway.includes(fate) && result.error === 'NONE';
      return halfDone ? { error: fate, baseOffset: -1n } : result;
    });
    if (fate === 'answer_lost') return;
    if (fate === 'reset_after') request.fail(new Error('the connection was reset'));
    else request.answer({ results, throttleMs: 0 });
  }

  #append(nodeId: number, batch: SentBatch): PartitionResult {
    if (this.leaders.get(batch.partition) !== nodeId)
      return { error: 'NOT_LEADER_FOR_PARTITION', baseOffset: -1n };
    this.watch(batch);
    return this.logs.get(batch.partition)!.append(batch);
  }

  /** The connections of one client. Its answers come in turns of their own, by setImmediate. */
  connect(): ClusterTransport {
    const open = new Set<(error: Error) => void>();
    const soon = <T>(answer: () => T): Promise<T> =>
      new Promise((resolve, reject) => {
        setImmediate(() => (this.down ? reject(new Error('connect ECONNREFUSED')) : resolve(answer())));
      });
    return {
      metadata: () => soon(() => ({ error: 'NONE', leaders: new Map(this.leaders), brokers: new Map() })),
      initProducerId: () => soon(() => ({ error: 'NONE', producerId: ++this.#producerIds, epoch: 0 })),
      produce: async (nodeId, request) => {
        if (this.down) throw new Error('connect ECONNREFUSED');
        return this.#produce(nodeId, request, open);
      },
      close: () => {
        for (const fail of open) fail(new Error('closed'));
      },
    };
  }

  #produce(nodeId: number, produce: ProduceRequest, open: Set<(error: Error) => void>): Promise<Produced> {
    produce.beforeWrite();
    const { promise, resolve, reject } = Promise.withResolvers<Produced>();
    const timer = setTimeout(() => reject(new Error('Produce was not answered')), REQUEST_TIMEOUT_MS);
    const batches = produce.batches.map(readBatch);
    const inClient = AsyncLocalStorage.snapshot();
    const soon = (happens: () => void): void => void inClient(() => setImmediate(happens));
    this.waiting.push({
      nodeId,
      batches,
      answer: (produced) => soon(() => resolve(produced)),
      fail: (error) => soon(() => reject(error)),
    });
    open.add(reject);
    return promise.finally(() => {
      clearTimeout(timer);
      open.delete(reject);
    });
  }
}

const halfway: readonly string[] = ['REQUEST_TIMED_OUT', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND'];
