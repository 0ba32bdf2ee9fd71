/**
 * What becomes of each batch under way: what a broker's answer, or none, means for it, which part of its slab goes next, and
 * whether it may be in the topic.
 */
import { monotonicMs } from '../queue/clock.ts';
import { flag, slabBig, slabNumber } from '../queue/slab-layout.ts';
import type { SlabPool } from '../queue/slab-pool.ts';
import { forbidden, isForbidden, verdictOf } from './kafka-errors.ts';
import type { Numbering } from './kafka-numbering.ts';
import type { Partition, Pending } from './kafka-partition.ts';
import type { PartitionResult } from './kafka-produce.ts';
import type { BatchPlace, SendOutcome, SinkHost } from './sink.ts';
import type { SinkState } from './sink-state.ts';
import { halvePart, isSplit, limitPart, nextPart, partOf } from './slab-part.ts';

export interface KafkaBatchesOptions {
  readonly pool: SlabPool;
  readonly topic: string;
  readonly deliveryTimeoutMs: number;
  readonly metadataMaxAgeMs: number;
  readonly numbering: Numbering;
  readonly state: SinkState;
  readonly host: SinkHost;
  /** Told when records are sent again that the broker may have and cannot recognise. */
  readonly possibleDuplicates: (records: number) => void;
  /** Asks for a look at who leads. */
  readonly look: () => void;
  /** Called when a batch is no longer under way. */
  readonly onFinish: () => void;
}

export class KafkaBatches {
  readonly #o: KafkaBatchesOptions;
  readonly #places = new Map<number, BatchPlace>();
  /** Records that go in one batch, since the topic has refused more as too large; believed as long as metadata. */
  #mostRecords = { count: Number.POSITIVE_INFINITY, until: 0 };

  constructor(options: KafkaBatchesOptions) {
    this.#o = options;
  }

  /** Begins to send a slab to a partition that has no other; resolves with what becomes of it. */
  begin(partition: Partition, slab: number): Promise<SendOutcome> {
    if (monotonicMs() < this.#mostRecords.until) limitPart(this.#o.pool, slab, this.#mostRecords.count);
    return this.#start(partition, slab);
  }

  #start(partition: Partition, slab: number): Promise<SendOutcome> {
    const { pool, deliveryTimeoutMs } = this.#o;
    return new Promise((resolve) => {
      partition.pending = {
        slab,
        deadline: pool.number(slab, slabNumber.OPENED_AT) + deliveryTimeoutMs,
        resolve,
        notBefore: 0,
        inFlight: false,
        sent: false,
        written: false,
        fateUnknown: false,
        forgotten: false,
        plain: false,
      };
    });
  }

  /** The same for a slab that may be in that partition: it goes there under the numbers that it has. */
  adopt(partition: Partition, slab: number): Promise<SendOutcome> {
    const outcome = this.#start(partition, slab);
    partition.pending!.sent = true;
    partition.pending!.fateUnknown = true;
    partition.pending!.plain = this.#o.pool.big(slab, slabBig.PRODUCER_ID) === -1n;
    return outcome;
  }

  /** The place of a slab that was delivered, once. */
  placeOf(slab: number): BatchPlace | undefined {
    const place = this.#places.get(slab);
    this.#places.delete(slab);
    return place;
  }

  /** A request with it was not answered. */
  unanswered(partition: Partition): void {
    const pending = partition.pending!;
    pending.inFlight = false;
    // What never left the process may go to another partition, or be evicted.
    if (pending.written) pending.fateUnknown = true;
    else if (!this.#o.pool.hasFlag(pending.slab, flag.ON_WIRE)) this.#finish(partition, { kind: 'returned' });
  }

  /** The batch of a partition without a leader goes to another, unless it may be in this one. */
  letGo(partition: Partition): void {
    const { pool, possibleDuplicates } = this.#o;
    const { slab, fateUnknown } = partition.pending!;
    if (pool.hasFlag(slab, flag.ON_WIRE)) {
      if (!partition.gone || partOf(pool, slab).first > 0) return;
      // Whatever this partition had of it is gone too, but may have been read before.
      if (fateUnknown) possibleDuplicates(partOf(pool, slab).count);
      pool.clearFlag(slab, flag.ON_WIRE | flag.PIN_WANTED | flag.PINNED);
    }
    this.#finish(partition, { kind: 'returned' });
  }

  /**
   * Nothing of the part was appended. The slab stays bound to its partition all the same where records before the part are in
   * it, and where it is a replayed one, as its row says that it may be there.
   */
  #clearOnWire(slab: number): void {
    const { pool } = this.#o;
    if (partOf(pool, slab).first > 0 || pool.hasFlag(slab, flag.REPLAYED)) return;
    pool.clearFlag(slab, flag.ON_WIRE);
  }

  /** Called just before the first byte of a request with it may go out. */
  markWritten(pending: Pending): void {
    const { pool, host, possibleDuplicates } = this.#o;
    const { count } = partOf(pool, pending.slab);
    if (pending.sent) host.stats.retry();
    pending.sent = true;
    pending.plain = pool.big(pending.slab, slabBig.PRODUCER_ID) === -1n;
    // Without a producer id the broker cannot tell that it has the batch already; nor can a new topic of an old batch.
    if (pending.fateUnknown && (pending.plain || pending.forgotten)) possibleDuplicates(count);
    pending.forgotten = false;
    pending.written = true;
    pool.addFlag(pending.slab, flag.ON_WIRE);
  }

  /** Draws the consequence of a broker's answer; undefined: it has none for this partition. */
  judge(partition: Partition, result: PartitionResult | undefined): void {
    const { pool } = this.#o;
    const pending = partition.pending!;
    pending.inFlight = false;
    const error = result?.error ?? 'NETWORK_EXCEPTION';
    const verdict = verdictOf(error);
    if (verdict === 'delivered') {
      this.#partDelivered(partition, result?.baseOffset ?? -1n);
      return;
    }
    const { topic } = this.#o;
    if (verdict === 'too_large' && !pending.fateUnknown && halvePart(pool, pending.slab)) {
      const { metadataMaxAgeMs, host } = this.#o;
      const { count } = partOf(pool, pending.slab);
      this.#clearOnWire(pending.slab);
      this.#o.numbering.changed(partition);
      this.#mostRecords = { count, until: monotonicMs() + metadataMaxAgeMs };
      host.log('redirector.kafka.batches_split', {
        'messaging.destination.name': topic,
        'error.type': error,
      });
      return;
    }
    // Without the partition: one cause for all of them is one reason to be told.
    this.#o.state.degraded(isForbidden(error) ? forbidden(error, topic) : `${error}: topic ${topic}.`);
    // A wrong sequence tells of every attempt, as the broker would have known the batch. Any other answer but "retry"
    // says that this attempt appended nothing, and nothing of an earlier one.
    const forgotten = error === 'UNKNOWN_PRODUCER_ID' && pending.fateUnknown;
    if (verdict === 'retry') pending.fateUnknown = true;
    else if (verdict === 'new_producer_id' && !forgotten) pending.fateUnknown = false;
    if (!pending.fateUnknown) {
      pending.forgotten = false;
      this.#clearOnWire(pending.slab);
    }
    pending.notBefore = monotonicMs() + partition.backoff.next();
    if (verdict === 'rejected' || verdict === 'too_large') {
      this.giveUp(partition, 'rejected');
    } else if (verdict === 'new_producer_id') {
      // The broker has forgotten the id, and with it whether it has the batch.
      if (forgotten) this.#o.possibleDuplicates(partOf(pool, pending.slab).count);
      this.#o.numbering.renew(partition);
    } else {
      if (error === 'UNKNOWN_TOPIC_OR_PARTITION') this.#o.numbering.forget(partition);
      this.#o.look();
    }
  }

  /** @param offset of the first record; -1 where the broker did not tell */
  #partDelivered(partition: Partition, offset: bigint): void {
    const { pool, topic, possibleDuplicates } = this.#o;
    const pending = partition.pending!;
    const { slab } = pending;
    const { count } = partOf(pool, slab);
    this.#o.state.connected();
    partition.backoff.reset();
    this.#o.numbering.delivered(partition);
    // A replayed batch that is recognised has the offset of long ago.
    if (offset >= 0n && !pool.hasFlag(slab, flag.REPLAYED)) {
      if (partition.appended(offset, count) && pending.fateUnknown) possibleDuplicates(count);
    }
    if (nextPart(pool, slab)) {
      pending.sent = false;
      pending.fateUnknown = false;
      pending.forgotten = false;
      pending.notBefore = 0;
      this.#o.numbering.changed(partition);
      return;
    }
    if (pool.hasFlag(slab, flag.SAMPLED)) {
      const baseOffset = offset < 0n || isSplit(pool, slab) ? undefined : offset;
      this.#places.set(slab, { topic, partition: partition.id, baseOffset });
    }
    this.#finish(partition, { kind: 'delivered' });
  }

  /** Drops the batch. */
  giveUp(partition: Partition, reason: 'delivery_timeout' | 'rejected' | 'shutdown_deadline'): void {
    if (this.#o.pool.hasFlag(partition.pending!.slab, flag.ON_WIRE)) this.#o.numbering.abandon(partition);
    this.#finish(partition, { kind: 'dropped', reason });
  }

  #finish(partition: Partition, outcome: SendOutcome): void {
    const pending = partition.pending!;
    partition.pending = undefined;
    pending.resolve(outcome);
    this.#o.onFinish();
  }
}
