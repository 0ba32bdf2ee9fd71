/**
 * The simple model beside the queue: plain maps of what was offered and what became of each record, told by the state
 * changes that it watches. What does not fit goes into `violations`.
 */
import { BATCH_HEADER_BYTES, decodeRecords } from '../../src/server/queue/record-batch.ts';
import { type Outcome, outcomeOf } from '../../src/server/queue/settlement.ts';
import { flag, kind, owner } from '../../src/server/queue/slab-layout.ts';
import type { SlabPool } from '../../src/server/queue/slab-pool.ts';
import type { SimulatedCluster } from '../support/simulated-cluster.ts';
import type { SentBatch } from '../support/topic-log.ts';
import { ownerName } from './machine/shared-memory.ts';
import type { Thread } from './machine/thread.ts';
import { changeName, mayChange } from './state-table.ts';

/** The record of an id: the id, then as many dots as make it so long. */
export const recordText = (id: string, length: number): string => id.padEnd(length, '.');
export const idOf = (value: string): string => value.slice(0, value.indexOf('.'));

/** What became of a record, as a ledger column. */
type Fate = 'delivered' | 'spooled' | `dropped.${string}`;

const fateOf = (outcome: Outcome): Fate =>
  outcome.kind === 'dropped' ? `dropped.${outcome.reason}` : outcome.kind;

export class Books {
  readonly violations: string[] = [];
  /** Every id that was offered, and what became of it. */
  readonly fates = new Map<string, Fate | undefined>();
  /** Ids that were dropped though they had been on the wire. */
  readonly unconfirmed = new Set<string>();
  /** Copies in the topic. */
  readonly copies = new Map<string, number>();
  readonly #pool: SlabPool;
  readonly #isGone: (owner: number) => boolean;
  /** Each slab's state word as the changes so far have left it. */
  readonly #states: number[];
  /** Ids that were accepted into the slab since it was taken. */
  readonly #accepted: string[][];
  /** Ids in the slab when it was sealed. */
  readonly #sealed: string[][];
  readonly #read = new Map<number, number>();
  readonly #appended: Map<string, { next: number; contents: Map<number, string> }>;
  cluster: SimulatedCluster | undefined;

  /**
   * @param isGone whether no thread lives that has this owner number
   * @param before those of the server before this one, whose batches the brokers have
   */
  constructor(pool: SlabPool, isGone: (owner: number) => boolean, before?: Books) {
    this.#pool = pool;
    this.#isGone = isGone;
    this.#appended = before === undefined ? new Map() : before.#appended;
    this.#states = Array.from({ length: pool.slabs }, () => kind.FREE);
    this.#accepted = Array.from({ length: pool.slabs }, () => []);
    this.#sealed = Array.from({ length: pool.slabs }, () => []);
  }

  violated(rule: string): void {
    this.violations.push(rule);
  }

  /** A record was offered; until told otherwise, it is in the queue. */
  offered(id: string): void {
    this.fates.set(id, undefined);
  }

  accepted(id: string, slab: number): void {
    this.#accepted[slab]!.push(id);
  }

  /** A record has found its end. */
  became(id: string, fate: Fate): void {
    const before = this.fates.get(id);
    const stillOpen = before === undefined || (before === 'spooled' && fate !== 'spooled');
    if (!stillOpen) this.violated(`record ${id} is ${fate} after it was ${before}`);
    this.fates.set(id, fate);
  }

  /** Ids of the records that are committed in a slab. */
  idsIn(slab: number): string[] {
    const bytes = this.#pool.bytes(slab);
    const section = bytes.subarray(BATCH_HEADER_BYTES, BATCH_HEADER_BYTES + this.#pool.recordBytes(slab));
    return Array.from(decodeRecords(section), ({ value }) =>
      idOf(Buffer.from(value ?? []).toString('latin1', 0, 32)),
    );
  }

  /** A slab's state has changed (shared-memory.ts). */
  readonly onChange = (slab: number, from: number, to: number, by: Thread | undefined): void => {
    this.#expectStill(slab, from);
    this.#states[slab] = to;
    const change = changeName(from, to);
    const onWire = this.#pool.hasFlag(slab, flag.ON_WIRE);
    if (by === undefined || !mayChange(from, to, { by: by.owner, onWire, isGone: this.#isGone })) {
      this.violated(
        `slab ${slab}: ${change} by ${by?.name ?? 'nobody'}, while it was ${ownerName(from >> 8)}'s`,
      );
    }
    this.#follow(slab, change, from, onWire);
  };

  /** No state has changed but by compare-and-swap. */
  expectStates(): void {
    for (let slab = 0; slab < this.#pool.slabs; slab++) {
      this.#expectStill(slab, this.#pool.kindOf(slab) | (this.#pool.ownerOf(slab) << 8));
    }
  }

  #expectStill(slab: number, found: number): void {
    const known = this.#states[slab]!;
    if (known === found) return;
    this.violated(`slab ${slab}: ${changeName(known, found)} without compare-and-swap`);
    this.#states[slab] = found;
  }

  #follow(slab: number, change: string, from: number, onWire: boolean): void {
    const replayed = this.#pool.hasFlag(slab, flag.REPLAYED);
    if (change === 'FREE → FILLING') this.#accepted[slab] = [];
    else if (change === 'FILLING → SEALED') this.#seal(slab, replayed);
    else if (change === 'FILLING → FREE') {
      const lost = this.#accepted[slab]!;
      if (lost.length > 0) this.violated(`slab ${slab} was abandoned with ${lost} in it`);
    } else if (change === 'SEALED → FILLING') {
      for (const id of this.#sealed[slab]!) {
        this.became(id, 'dropped.evicted');
        if (onWire) this.violated(`record ${id} is evicted though it was on the wire`);
      }
      this.#accepted[slab] = [];
    } else if (change === 'SENDING → SETTLING') this.#settle(slab, replayed);
    else if (change === 'SETTLING → FREE' && replayed && from >> 8 === owner.SPOOLER) this.#rowEnds(slab);
  }

  #seal(slab: number, replayed: boolean): void {
    const ids = this.idsIn(slab);
    this.#sealed[slab] = ids;
    if (replayed) return;
    // Its listener may have died after the last commit, before it could tell.
    const told = this.#accepted[slab]!;
    if (ids.length > told.length + 1 || told.some((id, index) => ids[index] !== id)) {
      this.violated(`slab ${slab} is sealed with ${ids}, and ${told} were accepted into it`);
    }
  }

  #settle(slab: number, replayed: boolean): void {
    const ids = this.idsIn(slab);
    if (String(ids) !== String(this.#sealed[slab])) {
      this.violated(`slab ${slab} settles with ${ids} and was sealed with ${this.#sealed[slab]}`);
    }
    const outcome = outcomeOf(this.#pool, slab);
    // A replayed one that is neither delivered nor refused is tried again.
    const ends = outcome.kind !== 'dropped' || outcome.reason === 'rejected';
    if (ends || !replayed) this.#expectTrue(slab, ids, outcome);
    if (!replayed) this.#end(slab, ids, outcome); // else its row is still there
  }

  /** The broker has what is said to be delivered, and has not what is said never to have left. */
  #expectTrue(slab: number, ids: readonly string[], outcome: Outcome): void {
    if (this.cluster === undefined) return;
    this.readTopic();
    const onWire = this.#pool.hasFlag(slab, flag.ON_WIRE);
    for (const id of ids) {
      const there = this.copies.has(id);
      if (outcome.kind === 'delivered' && !there) this.violated(`${id} is delivered and not in the topic`);
      if (outcome.kind === 'dropped' && !onWire && there)
        this.violated(`${id} is dropped as never sent, and in the topic`);
    }
  }

  #end(slab: number, ids: readonly string[], outcome: Outcome): void {
    const unsure = outcome.kind === 'dropped' && this.#pool.hasFlag(slab, flag.ON_WIRE);
    for (const id of ids) {
      this.became(id, fateOf(outcome));
      if (unsure) this.unconfirmed.add(id);
    }
  }

  #rowEnds(slab: number): void {
    const outcome = outcomeOf(this.#pool, slab);
    const ends =
      outcome.kind === 'delivered' || (outcome.kind === 'dropped' && outcome.reason === 'rejected');
    if (ends) this.#end(slab, this.#sealed[slab]!, outcome);
  }

  /** Takes note of what the topic has got since the last time. */
  readTopic(): void {
    for (const [partition, { values }] of this.cluster?.logs ?? []) {
      for (let at = this.#read.get(partition) ?? 0; at < values.length; at++) {
        const id = idOf(values[at]!);
        this.copies.set(id, (this.copies.get(id) ?? 0) + 1);
      }
      this.#read.set(partition, values.length);
    }
  }

  /** A broker sees a batch: by its sequence it is the next one, or one that it has seen, with the same content. */
  readonly onBatch = ({ partition, producerId, sequence, values }: SentBatch): void => {
    if (producerId === -1n) return;
    const key = `producer ${producerId}, partition ${partition}`;
    const seen = this.#appended.get(key) ?? { next: sequence, contents: new Map() };
    this.#appended.set(key, seen);
    const content = values.map(idOf).join();
    const before = seen.contents.get(sequence);
    if (before !== undefined && before !== content) {
      this.violated(`${key}: sequence ${sequence} is ${content} and was ${before}`);
    }
    if (before === undefined && sequence > seen.next) {
      this.violated(`${key}: sequence ${sequence} comes where ${seen.next} should`);
    }
    if (sequence < seen.next) return;
    seen.contents.set(sequence, content);
    seen.next = sequence + values.length;
  };
}
