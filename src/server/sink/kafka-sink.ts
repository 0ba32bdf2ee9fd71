/**
 * Ships slabs to Kafka. One Produce request in flight per broker, carrying every ready partition of that broker with one
 * batch each: a broker works on one request per connection at a time, so parallelism lies in the request. The partition,
 * producer id and sequence of a batch stay with it through every retry, so the broker recognises one that it has.
 */
import { monotonicMs } from '../queue/clock.ts';
import { flag } from '../queue/slab-layout.ts';
import type { SlabPool } from '../queue/slab-pool.ts';
import type { TopicTable } from '../queue/topic-table.ts';
import { AckTime } from './ack-time.ts';
import { buildBatch, type CompressionName } from './batch-builder.ts';
import { IdleLatch } from './idle-latch.ts';
import { KafkaBrokers } from './kafka-brokers.ts';
import { Numbering } from './kafka-numbering.ts';
import type { Partition } from './kafka-partition.ts';
import type { Produced, ProduceRequest } from './kafka-produce.ts';
import { KafkaTopic } from './kafka-topic.ts';
import { KafkaTopics } from './kafka-topics.ts';
import type { KafkaTransport } from './kafka-transport.ts';
import { requestErrorOf, troubleSentence } from './kafka-trouble.ts';
import { KafkaView } from './kafka-view.ts';
import type { BatchPlace, ClusterView, SendOutcome, Sink, SinkHost, SinkPace, SinkStatus } from './sink.ts';
import { SinkState } from './sink-state.ts';

export interface KafkaSinkOptions {
  readonly pool: SlabPool;
  readonly transport: Pick<KafkaTransport, 'metadata' | 'initProducerId' | 'produce' | 'close'>;
  readonly topics: TopicTable;
  /** `record.partitions`; 0 where records have no key. */
  readonly places: number;
  readonly acks: 'all' | '1' | '0';
  readonly idempotence: 'auto' | 'on' | 'off';
  readonly compression: CompressionName;
  readonly deliveryTimeoutMs: number;
  /** For so long after a request its broker gets no other, so that what is sealed meanwhile goes in one. */
  readonly restMs: number;
  readonly metadataMaxAgeMs: number;
  readonly host: SinkHost;
  /** Told when records are sent again that the broker may have and cannot recognise. */
  readonly possibleDuplicates: (records: number) => void;
}

const EVENTS = {
  up: 'redirector.kafka.connected',
  again: 'redirector.kafka.connected',
  down: 'redirector.kafka.degraded',
} as const;

export class KafkaSink implements Sink {
  readonly #o: KafkaSinkOptions;
  readonly #topics: KafkaTopics;
  readonly #numbering: Numbering;
  readonly #brokers = new KafkaBrokers();
  #pumpTimer: NodeJS.Timeout | undefined;
  #pumpQueued = false;
  #closing = false;
  #closed = false;
  readonly #idle = new IdleLatch();
  readonly #ackTime = new AckTime();
  readonly #view: KafkaView;

  constructor(options: KafkaSinkOptions) {
    const { pool, topics, transport, idempotence, acks, host } = options;
    this.#o = options;
    const state = new SinkState(EVENTS, host);
    this.#numbering = new Numbering({
      pool,
      transport,
      idempotence,
      acks,
      host,
      state,
      onReady: () => {
        for (const topic of this.#topics.all) if (topic.state.status.state !== 'connected') topic.request();
        this.#goOn();
      },
    });
    // A topic that comes later is no news while all is well.
    const quiet = { again: EVENTS.again, down: EVENTS.down };
    this.#topics = new KafkaTopics({
      pool,
      table: topics,
      make: (name, isFirst) => this.#makeTopic(name, isFirst ? state : new SinkState(quiet, host)),
    });
    this.#view = new KafkaView(this.#topics, this.#brokers);
  }

  #makeTopic(name: string, state: SinkState): KafkaTopic {
    const topic: KafkaTopic = new KafkaTopic({
      ...this.#o,
      topic: name,
      state,
      numbering: this.#numbering,
      brokers: this.#brokers,
      onLook: () => {
        // Not before there is a partition: a refusal could mean that this client may not write yet, no more.
        if (topic.hasLeader) this.#numbering.request();
        // Nothing waits for a broker, and the cluster names it: what it failed at is past.
        if (this.#topics.isIdle) this.#brokers.forgive();
        this.#goOn();
      },
      onFinish: () => {
        if (this.#closing && this.#topics.isIdle) this.#idle.release();
      },
    });
    return topic;
  }

  #goOn(): void {
    this.#pump();
    this.#o.host.wake();
  }

  get status(): SinkStatus {
    return this.#topics.status;
  }

  get pace(): SinkPace | undefined {
    return this.#ackTime.pace;
  }

  get cluster(): ClusterView | undefined {
    return this.#view.read();
  }

  async open(): Promise<void> {
    this.#topics.open();
  }

  ready(): number {
    if (this.#closing) return 0;
    const now = monotonicMs();
    let ready = 0;
    for (const partition of this.#topics.partitions) if (this.#isReady(partition, now)) ready++;
    return ready;
  }

  #isReady(partition: Partition, now: number): boolean {
    if (partition.pending !== undefined || partition.leader < 0) return false;
    if (!this.#numbering.isReady(partition)) return false;
    return this.#brokers.isFree(partition.leader, now);
  }

  /** A replayed batch that may be in the topic goes to its own partition, and waits for it. */
  accepts(slab: number): boolean {
    if (this.#o.pool.hasFlag(slab, flag.ON_WIRE)) return this.#topics.boundTo(slab).pending === undefined;
    return this.#choose(slab) !== undefined;
  }

  #choose(slab: number): Partition | undefined {
    const now = monotonicMs();
    return this.#topics.choose(slab, (candidate) => this.#isReady(candidate, now));
  }

  isStuck(slab: number): boolean {
    return this.#topics.isStuck(slab);
  }

  poke(): void {
    this.#topics.learn();
    this.#pump();
  }

  send(slab: number): Promise<SendOutcome> {
    if (this.#o.pool.hasFlag(slab, flag.ON_WIRE)) return this.adopt(slab);
    const partition = this.#choose(slab);
    if (partition === undefined) return Promise.resolve({ kind: 'returned' });
    partition.topic.hadTurn(partition);
    this.#pumpSoon();
    return partition.topic.batches.begin(partition, slab);
  }

  /** Takes over a slab of unknown fate, of a dead shipper or from the spool: it keeps its partition, id and sequence. */
  adopt(slab: number): Promise<SendOutcome> {
    const partition = this.#topics.boundTo(slab);
    this.#pumpSoon();
    return partition.topic.batches.adopt(partition, slab);
  }

  placeOf(slab: number): BatchPlace | undefined {
    return this.#topics.of(slab).batches.placeOf(slab);
  }

  /** All sends of one turn of the event loop go into the same requests. */
  #pumpSoon(): void {
    if (this.#pumpQueued) return;
    this.#pumpQueued = true;
    queueMicrotask(() => {
      this.#pumpQueued = false;
      this.#pump();
    });
  }

  /** Sends what is due, gives up what is overdue, and sets the timer for what comes next. */
  #pump(): void {
    if (this.#closed) return;
    const now = monotonicMs();
    let next = Number.POSITIVE_INFINITY;
    const due = new Map<number, Partition[]>();
    for (const partition of this.#topics.partitions) {
      const { pending, topic } = partition;
      if (pending === undefined || pending.inFlight) continue;
      if (pending.deadline <= now) {
        topic.batches.giveUp(partition, 'delivery_timeout');
        continue;
      }
      next = Math.min(next, pending.deadline);
      if (partition.leader < 0) {
        topic.batches.letGo(partition);
        continue;
      }
      if (!this.#numbering.number(partition)) continue;
      const broker = this.#brokers.of(partition.leader);
      const at = Math.max(pending.notBefore, broker.notBefore);
      if (at > now) next = Math.min(next, at);
      else if (!broker.busy) due.set(partition.leader, [...(due.get(partition.leader) ?? []), partition]);
    }
    for (const [nodeId, partitions] of due) void this.#request(nodeId, partitions);
    next = Math.min(next, this.#brokers.nextFree(now));
    clearTimeout(this.#pumpTimer);
    if (next === Number.POSITIVE_INFINITY) return;
    this.#pumpTimer = setTimeout(() => this.#goOn(), next - now + 1);
  }

  async #request(nodeId: number, partitions: readonly Partition[]): Promise<void> {
    const { pool, acks, compression, restMs } = this.#o;
    const broker = this.#brokers.of(nodeId);
    broker.busy = true;
    // One that has taken all that it can have at once is not kept waiting.
    const isFull = this.#topics.partitions.every(
      ({ leader, pending }) => leader !== nodeId || pending !== undefined,
    );
    const restUntil = isFull ? 0 : monotonicMs() + restMs;
    const pendings = partitions.map((partition) => partition.pending!);
    for (const pending of pendings) {
      pending.inFlight = true;
      pending.written = false;
    }
    try {
      const batches = await Promise.all(
        partitions.map(async ({ topic, id, pending }) => ({
          topic: topic.name,
          partition: id,
          bytes: await buildBatch(pool, pending!.slab, compression),
        })),
      );
      const { results, throttleMs } = await this.#produce(nodeId, {
        acks: acks === 'all' ? -1 : Number(acks),
        batches,
        beforeWrite: () => {
          for (const [index, pending] of pendings.entries())
            partitions[index]!.topic.batches.markWritten(pending);
        },
      });
      broker.backoff.reset();
      this.#brokers.markFailing(nodeId, false);
      broker.notBefore = throttleMs > 0 ? monotonicMs() + throttleMs : restUntil;
      for (const [index, partition] of partitions.entries()) {
        // It may have been given up meanwhile.
        if (partition.pending === pendings[index]) partition.topic.batches.judge(partition, results[index]);
      }
    } catch (error) {
      const left = partitions.filter(({ pending }, index) => pending === pendings[index]);
      this.#failed(nodeId, new Set(partitions.map(({ topic }) => topic)), left, error);
    }
    broker.busy = false;
    this.#goOn();
  }

  /** Sends a request, and takes its time. */
  async #produce(nodeId: number, request: ProduceRequest): Promise<Produced> {
    const { transport, host } = this.#o;
    const sentAt = monotonicMs();
    try {
      const answer = await transport.produce(nodeId, request);
      const ms = monotonicMs() - sentAt;
      host.stats.request(ms);
      this.#ackTime.observe(ms, this.#topics.partitions.filter(({ leader }) => leader >= 0).length);
      return answer;
    } catch (error) {
      host.stats.request(monotonicMs() - sentAt, requestErrorOf(error));
      throw error;
    }
  }

  /** @param left of its partitions, those whose batch was not given up meanwhile */
  #failed(nodeId: number, topics: ReadonlySet<KafkaTopic>, left: readonly Partition[], error: unknown): void {
    const broker = this.#brokers.of(nodeId);
    this.#brokers.markFailing(nodeId, true);
    broker.notBefore = monotonicMs() + broker.backoff.next();
    for (const topic of topics) {
      if (!topic.isInTrouble) topic.state.degraded(troubleSentence(`Broker ${nodeId}`, error));
      topic.request();
    }
    for (const partition of left) partition.topic.batches.unanswered(partition);
  }

  async close(deadline: number): Promise<void> {
    this.#closing = true;
    if (!this.#topics.isIdle) await this.#idle.wait(deadline);
    for (const partition of this.#topics.partitions) {
      if (partition.pending !== undefined) partition.topic.batches.giveUp(partition, 'shutdown_deadline');
    }
    this.#closed = true;
    for (const topic of this.#topics.all) topic.stop();
    this.#numbering.stop();
    clearTimeout(this.#pumpTimer);
    this.#o.transport.close();
  }
}
