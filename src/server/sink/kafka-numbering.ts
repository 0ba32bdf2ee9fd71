/**
 * Gives each batch its partition, producer id, epoch and sequence, in the slab, before the first byte goes out. They stay
 * with it through every retry, so the broker recognises a batch that it has.
 *
 * Live batches and replayed ones have producer ids of their own. Of a replayed batch also the spool's row must know the
 * numbers before it is sent, and a broker recognises only the last batches of an id: on an id of their own the last one of
 * a partition is the only one whose row can still stand, however much live traffic there is.
 */
import { flag, slabBig, slabWord } from '../queue/slab-layout.ts';
import type { SlabPool } from '../queue/slab-pool.ts';
import type { Partition } from './kafka-partition.ts';
import { ProducerIds, type ProducerIdsOptions } from './kafka-producer-ids.ts';
import { advanceSequence, partOf, setSequence } from './slab-part.ts';

export interface NumberingOptions extends ProducerIdsOptions {
  readonly pool: SlabPool;
}

export class Numbering {
  readonly #pool: SlabPool;
  readonly #live: ProducerIds;
  readonly #replayed: ProducerIds;

  constructor(options: NumberingOptions) {
    this.#pool = options.pool;
    this.#live = new ProducerIds(options);
    this.#replayed = new ProducerIds(options);
  }

  /** Asks for the id of live batches; the other is asked for when a replayed batch comes. */
  request(): void {
    this.#live.request();
  }

  /** Batches need ids, and there is none to give. */
  get isMissing(): boolean {
    return this.#live.missing;
  }

  stop(): void {
    this.#live.stop();
    this.#replayed.stop();
  }

  /** Whether a live batch for this partition could be numbered now. */
  isReady({ live }: Partition): boolean {
    return !this.#live.idempotent || live.producer !== undefined || this.#live.current !== undefined;
  }

  /**
   * Numbers the partition's batch, unless it has its numbers.
   * @returns false: not yet. A producer id is awaited, or the spooler's word that the row knows the numbers.
   */
  number(partition: Partition): boolean {
    const { slab, plain } = partition.pending!;
    const pool = this.#pool;
    pool.set(slab, slabWord.PARTITION, partition.id);
    if (this.#live.idempotent && !plain && pool.big(slab, slabBig.PRODUCER_ID) === -1n) {
      const { ids, line } = this.#of(partition);
      if (line.producer === undefined) {
        if (ids.current === undefined) {
          ids.request();
          return false;
        }
        line.producer = ids.current;
        line.nextSequence = 0;
      }
      setSequence(pool, slab, line.producer, line.nextSequence);
    }
    if (!pool.hasFlag(slab, flag.REPLAYED) || pool.hasFlag(slab, flag.PINNED)) return true;
    if (!pool.hasFlag(slab, flag.PIN_WANTED)) {
      // From here on its row may say that it was sent there: it must not go anywhere else.
      pool.addFlag(slab, flag.ON_WIRE | flag.PIN_WANTED);
      pool.signalSpooler();
    }
    return false;
  }

  /** The batch is in the topic: the next one has the sequence after it. */
  delivered(partition: Partition): void {
    const { slab } = partition.pending!;
    const { line } = this.#of(partition);
    if (this.#pool.big(slab, slabBig.PRODUCER_ID) !== line.producer?.id) return;
    line.nextSequence = advanceSequence(line.nextSequence, partOf(this.#pool, slab).count);
  }

  /** The batch is not what its row says any more: the row of a replayed one must know that before it is sent. */
  changed(partition: Partition): void {
    this.#pool.clearFlag(partition.pending!.slab, flag.PIN_WANTED | flag.PINNED);
  }

  /** The broker does not know the batch's id, or expects another sequence of it: the same batch gets another id. */
  renew(partition: Partition): void {
    this.abandon(partition);
    this.changed(partition);
    this.#pool.setBig(partition.pending!.slab, slabBig.PRODUCER_ID, -1n);
  }

  /**
   * The batch will not be sent under its numbers again, and may yet be appended: the next one of this partition must not carry its
   * sequence. Of an id of before there is no next one.
   */
  abandon(partition: Partition): void {
    const id = this.#pool.big(partition.pending!.slab, slabBig.PRODUCER_ID);
    const { ids, line } = this.#of(partition);
    if (line.producer?.id !== id) return;
    line.producer = undefined;
    // Asked for at once: without an id no partition is ready, so no later batch would come to ask for one.
    ids.retire(id);
  }

  /**
   * There is no such topic. When it is made again it knows neither ids nor sequences, and will take any: what comes next
   * begins a new id. A batch of unknown fate keeps its own, in case that it was only a broker that did not know better.
   */
  forget(partition: Partition): void {
    partition.logLost();
    for (const { ids, line } of [
      { ids: this.#live, line: partition.live },
      { ids: this.#replayed, line: partition.replayed },
    ]) {
      if (line.producer !== undefined) ids.retire(line.producer.id);
      line.producer = undefined;
    }
    const { pending } = partition;
    if (pending === undefined) return;
    if (pending.inFlight || pending.fateUnknown) pending.forgotten = true;
    // The row of a replayed one may be learning its numbers at this moment.
    else if (!this.#pool.hasFlag(pending.slab, flag.REPLAYED))
      this.#pool.setBig(pending.slab, slabBig.PRODUCER_ID, -1n);
  }

  #of(partition: Partition) {
    const replayed = this.#pool.hasFlag(partition.pending!.slab, flag.REPLAYED);
    return replayed
      ? { ids: this.#replayed, line: partition.replayed }
      : { ids: this.#live, line: partition.live };
  }
}
