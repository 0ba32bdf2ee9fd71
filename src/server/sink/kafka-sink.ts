/**
 * Ships slabs to Kafka. One Produce request in flight per broker, carrying every ready partition of that broker with one
 * batch each: a broker works on one request per connection at a time, so parallelism lies in the request. The partition,
 * producer id and sequence of a batch stay with it through every retry, so the broker recognises one that it has.
 */
import { monotonicMs } from '../queue/clock.ts';
import { flag, slabWord } from '../queue/slab-layout.ts';
import type { SlabPool } from '../queue/slab-pool.ts';
import { AckTime } from './ack-time.ts';
import type { Backoff } from './backoff.ts';
import { buildBatch, type CompressionName } from './batch-builder.ts';
import { IdleLatch } from './idle-latch.ts';
import { KafkaBatches } from './kafka-batches.ts';
import { Numbering } from './kafka-numbering.ts';
import { type Partition, type Pending, retryBackoff } from './kafka-partition.ts';
import { KafkaTopic } from './kafka-topic.ts';
import type { KafkaTransport, ProduceRequest } from './kafka-transport.ts';
import { requestErrorOf, troubleSentence } from './kafka-trouble.ts';
import { KafkaView } from './kafka-view.ts';
import type { BatchPlace, ClusterView, SendOutcome, Sink, SinkHost, SinkPace, SinkStatus } from './sink.ts';
import { SinkState } from './sink-state.ts';

export interface KafkaSinkOptions {
  readonly pool: SlabPool;
  readonly transport: Pick<KafkaTransport, 'metadata' | 'initProducerId' | 'produce' | 'close'>;
  readonly topic: string;
  readonly acks: 'all' | '1' | '0';
  readonly idempotence: 'auto' | 'on' | 'off';
  readonly compression: CompressionName;
  readonly deliveryTimeoutMs: number;
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

interface BrokerState {
  busy: boolean;
  /** Its last request got no answer. */
  failing: boolean;
  notBefore: number;
  readonly backoff: Backoff;
}

export class KafkaSink implements Sink {
  readonly #o: KafkaSinkOptions;
  readonly #state: SinkState;
  readonly #topic: KafkaTopic;
  readonly #numbering: Numbering;
  readonly #brokers = new Map<number, BrokerState>();
  readonly #batches: KafkaBatches;
  #pumpTimer: NodeJS.Timeout | undefined;
  #pumpQueued = false;
  #closing = false;
  #closed = false;
  readonly #idle = new IdleLatch();
  readonly #ackTime = new AckTime();
  readonly #view: KafkaView;

  constructor(options: KafkaSinkOptions) {
    const { pool, topic, transport, metadataMaxAgeMs: maxAgeMs, idempotence, acks, host } = options;
    this.#o = options;
    const state = new SinkState(EVENTS, host);
    const goOn = (): void => {
      this.#pump();
      host.wake();
    };
    this.#state = state;
    this.#topic = new KafkaTopic({
      transport,
      topic,
      maxAgeMs,
      state,
      canWrite: () => !this.#numbering.isMissing,
      onLook: () => {
        // Not before there is a partition: a refusal could mean that this client may not write yet, no more.
        if (this.#topic.partitions.some(({ leader }) => leader >= 0)) this.#numbering.request();
        // Nothing waits for a broker, and the cluster names it: what it failed at is past.
        if (this.#topic.isIdle) for (const broker of this.#brokers.values()) broker.failing = false;
        goOn();
      },
      onMissing: () => {
        for (const partition of this.#topic.partitions) this.#numbering.forget(partition);
      },
    });
    this.#view = new KafkaView(topic, this.#topic, (nodeId) => this.#brokers.get(nodeId)?.failing === true);
    this.#numbering = new Numbering({
      pool,
      transport,
      idempotence,
      acks,
      host,
      state,
      onReady: () => {
        if (state.status.state !== 'connected') this.#topic.request();
        goOn();
      },
    });
    this.#batches = new KafkaBatches({
      ...options,
      numbering: this.#numbering,
      state,
      look: () => this.#topic.request(),
      onFinish: () => {
        if (this.#closing && this.#topic.isIdle) this.#idle.release();
      },
    });
  }

  get status(): SinkStatus {
    return this.#state.status;
  }

  get pace(): SinkPace | undefined {
    return this.#ackTime.pace;
  }

  get cluster(): ClusterView | undefined {
    return this.#view.read();
  }

  async open(): Promise<void> {
    this.#topic.request();
  }

  ready(): number {
    if (this.#closing) return 0;
    const now = monotonicMs();
    let ready = 0;
    for (const partition of this.#topic.partitions) if (this.#isReady(partition, now)) ready++;
    return ready;
  }

  #isReady(partition: Partition, now: number): boolean {
    if (partition.pending !== undefined || partition.leader < 0) return false;
    if (!this.#numbering.isReady(partition)) return false;
    const broker = this.#broker(partition.leader);
    return !broker.busy && broker.notBefore <= now;
  }

  #broker(nodeId: number): BrokerState {
    let state = this.#brokers.get(nodeId);
    if (state === undefined) {
      state = { busy: false, failing: false, notBefore: 0, backoff: retryBackoff() };
      this.#brokers.set(nodeId, state);
    }
    return state;
  }

  /** A replayed batch that may be in the topic goes to its own partition, and waits for it. */
  accepts(slab: number): boolean {
    const { pool } = this.#o;
    if (!pool.hasFlag(slab, flag.ON_WIRE)) return true;
    return this.#topic.partition(pool.get(slab, slabWord.PARTITION)).pending === undefined;
  }

  poke(): void {
    this.#pump();
  }

  send(slab: number): Promise<SendOutcome> {
    if (this.#o.pool.hasFlag(slab, flag.ON_WIRE)) return this.adopt(slab);
    const now = monotonicMs();
    const partition = this.#topic.choose((candidate) => this.#isReady(candidate, now));
    if (partition === undefined) return Promise.resolve({ kind: 'returned' });
    this.#pumpSoon();
    return this.#batches.begin(partition, slab);
  }

  /** Takes over a slab of unknown fate, of a dead shipper or from the spool: it keeps its partition, id and sequence. */
  adopt(slab: number): Promise<SendOutcome> {
    const partition = this.#topic.partition(this.#o.pool.get(slab, slabWord.PARTITION));
    this.#pumpSoon();
    return this.#batches.adopt(partition, slab);
  }

  placeOf(slab: number): BatchPlace | undefined {
    return this.#batches.placeOf(slab);
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
    for (const partition of this.#topic.partitions) {
      const { pending } = partition;
      if (pending === undefined || pending.inFlight) continue;
      if (pending.deadline <= now) {
        this.#batches.giveUp(partition, 'delivery_timeout');
        continue;
      }
      next = Math.min(next, pending.deadline);
      if (partition.leader < 0) {
        this.#batches.letGo(partition);
        continue;
      }
      if (!this.#numbering.number(partition)) continue;
      const broker = this.#broker(partition.leader);
      const at = Math.max(pending.notBefore, broker.notBefore);
      if (at > now) next = Math.min(next, at);
      else if (!broker.busy) due.set(partition.leader, [...(due.get(partition.leader) ?? []), partition]);
    }
    for (const [nodeId, partitions] of due) void this.#request(nodeId, partitions);
    for (const { notBefore } of this.#brokers.values()) if (notBefore > now) next = Math.min(next, notBefore);
    clearTimeout(this.#pumpTimer);
    if (next === Number.POSITIVE_INFINITY) return;
    this.#pumpTimer = setTimeout(
      () => {
        this.#pump();
        this.#o.host.wake();
      },
      next - now + 1,
    );
  }

  async #request(nodeId: number, partitions: readonly Partition[]): Promise<void> {
    const { pool, topic, acks, compression } = this.#o;
    const broker = this.#broker(nodeId);
    broker.busy = true;
    const pendings = partitions.map((partition) => partition.pending!);
    for (const pending of pendings) {
      pending.inFlight = true;
      pending.written = false;
    }
    try {
      const batches = await Promise.all(
        partitions.map(async ({ id, pending }) => ({
          partition: id,
          bytes: await buildBatch(pool, pending!.slab, compression),
        })),
      );
      const { results, throttleMs } = await this.#produce(nodeId, {
        topic,
        acks: acks === 'all' ? -1 : Number(acks),
        batches,
        beforeWrite: () => {
          for (const pending of pendings) this.#batches.markWritten(pending);
        },
      });
      broker.backoff.reset();
      this.#markFailing(broker, false);
      broker.notBefore = throttleMs > 0 ? monotonicMs() + throttleMs : 0;
      for (const partition of this.#stillPending(partitions, pendings)) {
        this.#batches.judge(partition, results.get(partition.id));
      }
    } catch (error) {
      this.#failed(nodeId, this.#stillPending(partitions, pendings), error);
    }
    broker.busy = false;
    this.#pump();
    this.#o.host.wake();
  }

  /** Sends a request, and takes its time. */
  async #produce(nodeId: number, request: ProduceRequest): ReturnType<KafkaTransport['produce']> {
    const { transport, host } = this.#o;
    const sentAt = monotonicMs();
    try {
      const answer = await transport.produce(nodeId, request);
      const ms = monotonicMs() - sentAt;
      host.stats.request(ms);
      this.#ackTime.observe(ms, this.#topic.partitions.filter(({ leader }) => leader >= 0).length);
      return answer;
    } catch (error) {
      host.stats.request(monotonicMs() - sentAt, requestErrorOf(error));
      throw error;
    }
  }

  /** Of the partitions of a request, those whose batch was not given up meanwhile. */
  #stillPending(partitions: readonly Partition[], pendings: readonly Pending[]): Partition[] {
    return partitions.filter(({ pending }, index) => pending === pendings[index]);
  }

  #markFailing(broker: BrokerState, failing: boolean): void {
    if (broker.failing === failing) return;
    broker.failing = failing;
    this.#view.changed();
  }

  #failed(nodeId: number, partitions: readonly Partition[], error: unknown): void {
    const broker = this.#broker(nodeId);
    this.#markFailing(broker, true);
    broker.notBefore = monotonicMs() + broker.backoff.next();
    if (!this.#topic.isInTrouble) this.#state.degraded(troubleSentence(`Broker ${nodeId}`, error));
    this.#topic.request();
    for (const partition of partitions) this.#batches.unanswered(partition);
  }

  async close(deadline: number): Promise<void> {
    this.#closing = true;
    if (!this.#topic.isIdle) await this.#idle.wait(deadline);
    for (const partition of this.#topic.partitions) {
      if (partition.pending !== undefined) this.#batches.giveUp(partition, 'shutdown_deadline');
    }
    this.#closed = true;
    this.#topic.stop();
    this.#numbering.stop();
    clearTimeout(this.#pumpTimer);
    this.#o.transport.close();
  }
}
