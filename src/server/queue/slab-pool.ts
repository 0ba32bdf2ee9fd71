/**
 * The bounded queue: a fixed pool of slabs in shared memory, each one Kafka batch in the making. Every thread has its
 * own SlabPool over the same memory. A state changes only by compare-and-swap, so a slab is in one hand at a time:
 *
 *   FREE -> FILLING -> SEALED -> SENDING -> SETTLING -> FREE
 *              ^         | ^        |
 *              +---------+ +--------+   given back only if nothing of it can be in the topic
 *              evicted: the oldest that waits makes room
 */
import { SLAB_BYTES } from '../../limits.ts';
import { type DropReason, dropReasons } from './drop-reason.ts';
import { BATCH_HEADER_BYTES } from './record-batch.ts';
import {
  COMMIT_LENGTH_BITS,
  COMMIT_LENGTH_MASK,
  flag,
  kind,
  owner,
  type PoolMemory,
  PoolViews,
  poolWord,
  type SlabKind,
  slabBig,
  slabNumber,
  slabWord,
} from './slab-layout.ts';

const stateOf = (slabKind: SlabKind, by: number): number => slabKind | (by << 8);

export class SlabPool {
  readonly slabs: number;
  readonly views: PoolViews;
  readonly #data: SharedArrayBuffer;
  readonly #bytes: Buffer[] = [];

  constructor(memory: PoolMemory) {
    this.slabs = memory.slabs;
    this.views = new PoolViews(memory);
    this.#data = memory.data;
  }

  /** All bytes of a slab: batch header, records, free room. A view on shared memory. */
  bytes(slab: number): Buffer {
    this.#bytes[slab] ??= Buffer.from(this.#data, slab * SLAB_BYTES, SLAB_BYTES);
    return this.#bytes[slab];
  }

  kindOf(slab: number): SlabKind {
    return (Atomics.load(this.views.words, this.views.state(slab)) & 0xff) as SlabKind;
  }

  ownerOf(slab: number): number {
    return Atomics.load(this.views.words, this.views.state(slab)) >> 8;
  }

  /**
   * Whether a slab is in a kind and in one hand, by one look: with two, a slab that goes from SENDING by the shipper to SETTLING
   * by the spooler between them would be SENDING by the spooler.
   */
  isIn(slab: number, wanted: SlabKind, by: number): boolean {
    return Atomics.load(this.views.words, this.views.state(slab)) === stateOf(wanted, by);
  }

  /** Records committed in a slab. */
  records(slab: number): number {
    return this.#commit(slab) >>> COMMIT_LENGTH_BITS;
  }

  /** Bytes of the records committed in a slab, without the batch header. */
  recordBytes(slab: number): number {
    return this.#commit(slab) & COMMIT_LENGTH_MASK;
  }

  #commit(slab: number): number {
    return Atomics.load(this.views.words, this.views.word(slab, slabWord.COMMIT));
  }

  /** Publishes that the slab holds `records` whole records in `bytes` bytes. One store: never half a record. */
  commit(slab: number, records: number, bytes: number): void {
    const word = (records << COMMIT_LENGTH_BITS) | bytes;
    Atomics.store(this.views.words, this.views.word(slab, slabWord.COMMIT), word);
  }

  get(slab: number, field: number): number {
    return this.views.words[this.views.word(slab, field)]!;
  }
  set(slab: number, field: number, value: number): void {
    this.views.words[this.views.word(slab, field)] = value;
  }
  number(slab: number, field: number): number {
    return this.views.numbers[this.views.number(slab, field)]!;
  }
  setNumber(slab: number, field: number, value: number): void {
    this.views.numbers[this.views.number(slab, field)] = value;
  }
  big(slab: number, field: number): bigint {
    return this.views.bigs[this.views.big(slab, field)]!;
  }
  setBig(slab: number, field: number, value: bigint): void {
    this.views.bigs[this.views.big(slab, field)] = value;
  }
  hasFlag(slab: number, bit: number): boolean {
    return (this.get(slab, slabWord.FLAGS) & bit) !== 0;
  }
  /** Atomic, as the spooler marks a replayed slab that the shipper has. */
  addFlag(slab: number, bit: number): void {
    Atomics.or(this.views.words, this.views.word(slab, slabWord.FLAGS), bit);
  }
  clearFlag(slab: number, bit: number): void {
    Atomics.and(this.views.words, this.views.word(slab, slabWord.FLAGS), ~bit);
  }

  get freeEpoch(): number {
    return Atomics.load(this.views.words, poolWord.FREE_EPOCH);
  }

  get sealEpoch(): number {
    return Atomics.load(this.views.words, poolWord.SEAL_EPOCH);
  }

  /** The reason that a record is refused for while the pool is full. */
  get refusal(): DropReason {
    return dropReasons[Atomics.load(this.views.words, poolWord.REFUSAL) - 1] ?? 'queue_full';
  }
  /** Says what is to blame for a full pool; undefined: a sink that does not keep up. */
  setRefusal(reason: DropReason | undefined): void {
    const code = reason === undefined ? 0 : dropReasons.indexOf(reason) + 1;
    Atomics.store(this.views.words, poolWord.REFUSAL, code);
  }

  get changes(): number {
    return Atomics.load(this.views.words, poolWord.CHANGES);
  }

  /**
   * Takes the lowest FREE slab (so that resident memory follows use) and makes it FILLING by `by`.
   * @returns its index, or -1 when none is FREE
   */
  takeFree(by: number, lane: number, nowMonotonic: number): number {
    for (let slab = this.#next(0, kind.FREE); slab !== -1; slab = this.#next(slab + 1, kind.FREE)) {
      if (!this.#swap(slab, stateOf(kind.FREE, owner.NOBODY), stateOf(kind.FILLING, by))) continue;
      this.prepare(slab, lane, nowMonotonic);
      return slab;
    }
    return -1;
  }

  /** Makes a FILLING slab that its caller has just taken an empty one. */
  prepare(slab: number, lane: number, nowMonotonic: number): void {
    this.commit(slab, 0, 0);
    this.set(slab, slabWord.LANE, lane);
    this.set(slab, slabWord.FLAGS, 0);
    this.set(slab, slabWord.GENERATION, (this.get(slab, slabWord.GENERATION) + 1) | 0);
    this.set(slab, slabWord.PARTITION, -1);
    this.set(slab, slabWord.PART, 0);
    this.setNumber(slab, slabNumber.OPENED_AT, nowMonotonic);
    this.setBig(slab, slabBig.PRODUCER_ID, -1n);
  }

  /** FILLING -> SEALED with the next ticket, and wakes whoever waits for sealed slabs. */
  seal(slab: number, by: number): boolean {
    this.setBig(slab, slabBig.TICKET, Atomics.add(this.views.bigs, 0, 1n));
    const sealed = this.#swap(slab, stateOf(kind.FILLING, by), stateOf(kind.SEALED, owner.NOBODY));
    if (sealed) this.#signal(poolWord.SEAL_EPOCH);
    return sealed;
  }

  /** FILLING -> FREE, for a slab in which nothing was committed, or nothing that counts. */
  abandon(slab: number, by: number): void {
    if (this.isIn(slab, kind.FILLING, by)) this.commit(slab, 0, 0);
    if (this.#swap(slab, stateOf(kind.FILLING, by), stateOf(kind.FREE, owner.NOBODY))) this.tellFree();
  }

  /**
   * Takes the SEALED slab with the lowest ticket for which `wanted` holds: SEALED -> SENDING by `by`.
   * @returns its index, or -1
   */
  takeSealed(by: number, wanted: (slab: number) => boolean = () => true): number {
    for (;;) {
      const oldest = this.oldestSealed(wanted);
      if (oldest === -1) return -1;
      if (this.#swap(oldest, stateOf(kind.SEALED, owner.NOBODY), stateOf(kind.SENDING, by))) return oldest;
    }
  }

  /** The SEALED slab with the lowest ticket for which `wanted` holds, or -1. It may have gone when its caller looks. */
  oldestSealed(wanted: (slab: number) => boolean): number {
    let oldest = -1;
    let ticket = 0n;
    for (let slab = this.#next(0, kind.SEALED); slab !== -1; slab = this.#next(slab + 1, kind.SEALED)) {
      if (!wanted(slab)) continue;
      const candidate = this.big(slab, slabBig.TICKET);
      if (oldest === -1 || candidate < ticket) {
        oldest = slab;
        ticket = candidate;
      }
    }
    return oldest;
  }

  /** SEALED -> FILLING by `by`: takes a slab back, with what is in it (eviction.ts). */
  takeBack(slab: number, by: number): boolean {
    return this.#swap(slab, stateOf(kind.SEALED, owner.NOBODY), stateOf(kind.FILLING, by));
  }

  /** SENDING by `by` -> SENDING by `to`, who is woken: the spooler, for a batch that the shipper gives up. */
  handTo(slab: number, by: number, to: number): void {
    this.addFlag(slab, flag.HANDED);
    if (this.#swap(slab, stateOf(kind.SENDING, by), stateOf(kind.SENDING, to))) this.signalSpooler();
  }

  /** SENDING -> SEALED, ticket kept. Only for a slab of which nothing can be in the topic. */
  giveBack(slab: number, by: number): void {
    if (this.hasFlag(slab, flag.ON_WIRE))
      throw new Error(`slab ${slab} was on the wire and cannot be given back`);
    // Whoever takes it next may send it to another partition, where a number of this one would be taken for a duplicate.
    this.set(slab, slabWord.PARTITION, -1);
    this.setBig(slab, slabBig.PRODUCER_ID, -1n);
    if (this.#swap(slab, stateOf(kind.SENDING, by), stateOf(kind.SEALED, owner.NOBODY))) {
      this.#signal(poolWord.SEAL_EPOCH);
    }
  }

  /** SENDING -> SETTLING by the same owner, or handed to another (a replayed slab goes back to the spooler). */
  beginSettling(slab: number, by: number, settledBy: number = by): boolean {
    return this.#swap(slab, stateOf(kind.SENDING, by), stateOf(kind.SETTLING, settledBy));
  }

  /** SETTLING -> FREE, and tells listeners that there is room. */
  free(slab: number, by: number): void {
    this.commit(slab, 0, 0);
    if (this.#swap(slab, stateOf(kind.SETTLING, by), stateOf(kind.FREE, owner.NOBODY))) this.tellFree();
  }

  /** Tells listeners that found no FREE slab to look again; also after a death that may have come before it was told. */
  tellFree(): void {
    Atomics.add(this.views.words, poolWord.FREE_EPOCH, 1);
  }

  /** Calls whoever waits for sealed slabs to another look. */
  wake(): void {
    this.#signal(poolWord.SEAL_EPOCH);
  }

  /** Wakes the spooler: something other than a sealed slab waits for it. */
  signalSpooler(): void {
    this.#signal(poolWord.SPOOLER_EPOCH);
  }

  /** Slabs in a kind, by index. */
  inKind(wanted: SlabKind, by?: number): number[] {
    const found: number[] = [];
    for (let slab = this.#next(0, wanted); slab !== -1; slab = this.#next(slab + 1, wanted)) {
      if (by === undefined || this.isIn(slab, wanted, by)) found.push(slab);
    }
    return found;
  }

  /** Whether a SEALED slab of `lane` waits. */
  hasSealed(lane: number): boolean {
    for (let slab = this.#next(0, kind.SEALED); slab !== -1; slab = this.#next(slab + 1, kind.SEALED)) {
      if (this.get(slab, slabWord.LANE) === lane) return true;
    }
    return false;
  }

  countFree(): number {
    let count = 0;
    for (let slab = 0; slab < this.slabs; slab++) if (this.#glance(slab) === kind.FREE) count++;
    return count;
  }

  /** Room for records in one slab, bytes. */
  static readonly RECORD_ROOM = SLAB_BYTES - BATCH_HEADER_BYTES;

  /**
   * The first slab from `from` on that is in a kind, or -1. Most are in another: a plain read tells them apart at a fraction of
   * an atomic one. It sees at least what had been done when its thread last read an epoch.
   */
  #next(from: number, wanted: SlabKind): number {
    for (let slab = from; slab < this.slabs; slab++) {
      if (this.#glance(slab) === wanted && this.kindOf(slab) === wanted) return slab;
    }
    return -1;
  }

  #glance(slab: number): number {
    return this.views.words[this.views.state(slab)]! & 0xff;
  }

  #swap(slab: number, from: number, to: number): boolean {
    const index = this.views.state(slab);
    if (Atomics.compareExchange(this.views.words, index, from, to) !== from) return false;
    Atomics.add(this.views.words, poolWord.CHANGES, 1);
    return true;
  }

  #signal(epoch: number): void {
    Atomics.add(this.views.words, epoch, 1);
    Atomics.notify(this.views.words, epoch);
  }
}

/**
 * Waits until `epoch` (a poolWord) differs from `seen`, or `timeoutMs` has passed.
 * @returns the epoch's value then
 */
export async function epochChange(
  pool: SlabPool,
  epoch: number,
  seen: number,
  timeoutMs: number,
): Promise<number> {
  const wait = Atomics.waitAsync(pool.views.words, epoch, seen, timeoutMs);
  if (wait.async) await wait.value;
  return Atomics.load(pool.views.words, epoch);
}
