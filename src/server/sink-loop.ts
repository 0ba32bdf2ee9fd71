/** Moves sealed slabs into a sink, oldest ticket first, and settles what becomes of each. Shipper and spooler run one. */
import type { SinkStats } from '../telemetry/sink-stats.ts';
import { fateOf } from './batch-fate.ts';
import type { FateMessage } from './messages.ts';
import { monotonicMs } from './queue/clock.ts';
import type { Ledger } from './queue/ledger.ts';
import { BATCH_HEADER_BYTES } from './queue/record-batch.ts';
import { handOver, type Outcome, settle, takeOverSettlement } from './queue/settlement.ts';
import { flag, kind, owner, poolWord, slabNumber } from './queue/slab-layout.ts';
import { epochChange, type SlabPool } from './queue/slab-pool.ts';
import type { SendOutcome, Sink } from './sink/sink.ts';

/** A look at the pool without being woken, for deadlines of slabs that wait. */
const IDLE_LOOK_MS = 1000;

export interface SinkLoopOptions {
  readonly pool: SlabPool;
  readonly ledger: Ledger;
  /** owner.SHIPPER or owner.SPOOLER; also the row in the ledger. */
  readonly owner: number;
  readonly sink: Sink;
  /** The thread's own counts. */
  readonly stats: SinkStats;
  /** Age at which a slab that still waits is dropped (delivery_timeout); Infinity: never. */
  readonly deliveryTimeoutMs: number;
  /** What this sink cannot deliver in time goes to the spooler instead of being dropped. */
  readonly spills?: boolean;
  /** Looks at the pool and says which of the slabs that wait are to be taken, before a drain; all by default. */
  readonly chooser?: () => (slab: number) => boolean;
  /** Told the outcome of each slab that holds a traced record. */
  readonly onFate: (fate: FateMessage) => void;
  /** Told that of every other slab that is dropped, too. */
  readonly tellsLost?: boolean;
}

export class SinkLoop {
  readonly #o: SinkLoopOptions;
  readonly #underWay = new Set<number>();
  #draining = false;
  #stopped = false;

  constructor(options: SinkLoopOptions) {
    this.#o = options;
  }

  /**
   * Finishes what a dead predecessor had begun to settle, and gives each slab that it had SENDING to `adopt`. Where that
   * answers undefined no byte of the slab has left, and it goes back into the queue.
   * @returns when the fate of every adopted slab is known
   */
  async takeOver(adopt: (slab: number) => Promise<SendOutcome> | undefined): Promise<void> {
    const { pool, ledger, owner: self } = this.#o;
    takeOverSettlement(pool, ledger, self);
    const adopted: Promise<void>[] = [];
    for (const slab of pool.inKind(kind.SENDING, self)) {
      const sending = adopt(slab);
      if (sending === undefined) pool.giveBack(slab, self);
      else adopted.push(this.#follow(slab, sending));
    }
    await Promise.all(adopted);
  }

  /** Sends the slabs that another thread has handed to this one, already SENDING. */
  takeHanded(): void {
    const { pool, sink, owner: self } = this.#o;
    for (const slab of pool.inKind(kind.SENDING, self)) {
      if (!this.#underWay.has(slab)) void this.#follow(slab, sink.send(slab));
    }
  }

  /** Runs until drain() or a sink that fails in a way it must not. */
  async run(): Promise<void> {
    const { pool, sink, owner: self } = this.#o;
    let seen = pool.sealEpoch;
    while (!this.#stopped) {
      this.#expire();
      this.#shed();
      sink.poke?.();
      while (sink.ready() > 0) {
        const slab = pool.takeSealed(self, this.#wanted());
        if (slab === -1) break;
        void this.#follow(slab, sink.send(slab));
      }
      seen = await epochChange(pool, poolWord.SEAL_EPOCH, seen, IDLE_LOOK_MS);
    }
  }

  /** What is to be sent now. */
  #wanted(): (slab: number) => boolean {
    const { sink, chooser } = this.#o;
    const isChosen = this.#draining ? this.#isDrained : (chooser?.() ?? (() => true));
    return (slab) => isChosen(slab) && (sink.accepts?.(slab) ?? true);
  }

  /** A drain leaves replayed slabs alone: their rows keep them, and a long spool would take all of its time. */
  readonly #isDrained = (slab: number): boolean => !this.#o.pool.hasFlag(slab, flag.REPLAYED);

  async #follow(slab: number, sending: Promise<SendOutcome>): Promise<void> {
    const { pool, owner: self } = this.#o;
    const takenTime = Date.now();
    this.#underWay.add(slab);
    const outcome = await sending;
    this.#underWay.delete(slab);
    if (outcome.kind === 'returned') pool.giveBack(slab, self);
    else if (this.#isSpilled(slab, outcome)) pool.handTo(slab, self, owner.SPOOLER);
    else this.#settle(slab, outcome, takenTime);
  }

  /** Whether a batch that came too late for this sink is the spooler's from now on. A replayed one has its row there. */
  #isSpilled(slab: number, outcome: Outcome): boolean {
    if (this.#o.spills !== true || outcome.kind !== 'dropped') return false;
    if (this.#o.pool.hasFlag(slab, flag.REPLAYED)) return false;
    return outcome.reason === 'delivery_timeout' || outcome.reason === 'shutdown_deadline';
  }

  #settle(slab: number, outcome: Outcome, takenTime?: number): void {
    const { pool, ledger, sink, stats, owner: self, onFate, tellsLost } = this.#o;
    const age = monotonicMs() - pool.number(slab, slabNumber.OPENED_AT);
    stats.batch(outcome.kind, pool.records(slab), BATCH_HEADER_BYTES + pool.recordBytes(slab), age);
    if (pool.hasFlag(slab, flag.SAMPLED) || (tellsLost === true && outcome.kind === 'dropped')) {
      const place = outcome.kind === 'delivered' ? sink.placeOf?.(slab) : undefined;
      onFate(fateOf(pool, slab, outcome, takenTime, place));
    }
    if (pool.hasFlag(slab, flag.REPLAYED)) handOver(pool, slab, self, owner.SPOOLER, outcome);
    else settle(pool, ledger, slab, self, outcome);
  }

  /** Whether it is for this loop to drop a slab that waits; else the spooler takes it. */
  #isOurs(slab: number): boolean {
    return this.#o.spills !== true || this.#o.pool.hasFlag(slab, flag.REPLAYED);
  }

  /** Drops slabs that have waited for longer than the delivery time-out without ever being sent. */
  #expire(): void {
    const { pool, deliveryTimeoutMs, owner: self } = this.#o;
    if (deliveryTimeoutMs === Number.POSITIVE_INFINITY) return;
    const before = monotonicMs() - deliveryTimeoutMs;
    for (;;) {
      const slab = pool.takeSealed(
        self,
        (candidate) => pool.number(candidate, slabNumber.OPENED_AT) < before && this.#isOurs(candidate),
      );
      if (slab === -1) return;
      this.#settle(slab, { kind: 'dropped', reason: 'delivery_timeout' });
    }
  }

  /**
   * What is stuck holds half of the queue at most: the rest is for what can be sent. Not so where the spooler takes what the
   * queue cannot hold.
   */
  #shed(): void {
    const { pool, sink, spills, owner: self } = this.#o;
    if (sink.isStuck === undefined || spills === true) return;
    while (pool.countFree() * 2 < pool.slabs) {
      const slab = pool.takeSealed(self, (candidate) => sink.isStuck!(candidate));
      if (slab === -1) return;
      this.#settle(slab, { kind: 'dropped', reason: 'rejected' });
    }
  }

  /**
   * Goes on until nothing waits and nothing is under way, or until `deadline` (monotonic ms); then closes the sink, and
   * drops what is left (shutdown_deadline), or leaves it to the spooler.
   */
  async drain(deadline: number): Promise<void> {
    const { pool, sink, owner: self } = this.#o;
    this.#draining = true;
    sink.lastCall?.();
    pool.wake(); // run() may be asleep, and had other wishes
    let seen = pool.sealEpoch;
    while (this.#underWay.size > 0 || pool.inKind(kind.SEALED).some(this.#isDrained)) {
      const left = deadline - monotonicMs();
      if (left <= 0) break;
      // Settling does not raise the seal epoch: look again soon.
      seen = await epochChange(pool, poolWord.SEAL_EPOCH, seen, Math.min(left, 20));
    }
    this.#stopped = true;
    await sink.close(deadline);
    for (;;) {
      const slab = pool.takeSealed(self, (left) => this.#isOurs(left));
      if (slab === -1) break;
      this.#settle(slab, { kind: 'dropped', reason: sink.refusal ?? 'shutdown_deadline' });
    }
  }
}
