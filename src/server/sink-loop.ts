/** Moves sealed slabs into a sink, oldest ticket first, and settles what becomes of each. Shipper and spooler run one. */
import type { FateMessage } from './messages.ts';
import { monotonicMs } from './queue/clock.ts';
import type { Ledger } from './queue/ledger.ts';
import { handOver, type Outcome, settle, takeOverSettlement } from './queue/settlement.ts';
import { flag, kind, owner, poolWord, slabNumber, slabWord } from './queue/slab-layout.ts';
import { epochChange, type SlabPool } from './queue/slab-pool.ts';
import type { Sink } from './sink/sink.ts';

/** A look at the pool without being woken, for deadlines of slabs that wait. */
const IDLE_LOOK_MS = 1000;

export interface SinkLoopOptions {
  readonly pool: SlabPool;
  readonly ledger: Ledger;
  /** owner.SHIPPER or owner.SPOOLER; also the row in the ledger. */
  readonly owner: number;
  readonly sink: Sink;
  /** Age at which a slab that still waits is dropped (delivery_timeout); Infinity: never. */
  readonly deliveryTimeoutMs: number;
  /** Told the outcome of each slab that holds a traced record. */
  readonly onFate: (fate: FateMessage) => void;
}

export class SinkLoop {
  readonly #o: SinkLoopOptions;
  #underWay = 0;
  #draining = false;
  #stopped = false;

  constructor(options: SinkLoopOptions) {
    this.#o = options;
  }

  /**
   * Finishes what a dead predecessor had begun to settle, and gives each slab that it had SENDING to `adopt`; without
   * it, or where no byte of the slab was written, the slab goes back into the queue.
   */
  takeOver(adopt?: (slab: number) => ReturnType<Sink['send']>): void {
    const { pool, ledger, owner: self } = this.#o;
    takeOverSettlement(pool, ledger, self);
    for (const slab of pool.inKind(kind.SENDING, self)) {
      if (adopt !== undefined && pool.hasFlag(slab, flag.ON_WIRE)) void this.#follow(slab, adopt(slab));
      else pool.giveBack(slab, self);
    }
  }

  /** Runs until drain() or a sink that fails in a way it must not. */
  async run(): Promise<void> {
    const { pool, sink, owner: self } = this.#o;
    let seen = Atomics.load(pool.views.words, poolWord.SEAL_EPOCH);
    while (!this.#stopped) {
      this.#expire();
      while (sink.ready() > 0) {
        const slab = pool.takeSealed(self, (candidate) => this.#isWanted(candidate));
        if (slab === -1) break;
        void this.#follow(slab, sink.send(slab));
      }
      seen = await epochChange(pool, poolWord.SEAL_EPOCH, seen, IDLE_LOOK_MS);
    }
  }

  /** A drain leaves replayed slabs alone: their rows keep them, and a long spool would take all of its time. */
  #isWanted(slab: number): boolean {
    return !this.#draining || !this.#o.pool.hasFlag(slab, flag.REPLAYED);
  }

  async #follow(slab: number, sending: ReturnType<Sink['send']>): Promise<void> {
    const { pool, owner: self } = this.#o;
    this.#underWay++;
    const outcome = await sending;
    this.#underWay--;
    if (outcome.kind === 'returned') pool.giveBack(slab, self);
    else this.#settle(slab, outcome);
  }

  #settle(slab: number, outcome: Outcome): void {
    const { pool, ledger, sink, owner: self, onFate } = this.#o;
    if (pool.hasFlag(slab, flag.SAMPLED)) {
      onFate({
        type: 'fate',
        slab,
        generation: pool.get(slab, slabWord.GENERATION),
        records: pool.records(slab),
        outcome,
        place: outcome.kind === 'delivered' ? sink.placeOf?.(slab) : undefined,
        time: Date.now(),
      });
    }
    if (pool.hasFlag(slab, flag.REPLAYED)) handOver(pool, slab, self, owner.SPOOLER, outcome);
    else settle(pool, ledger, slab, self, outcome);
  }

  /** Drops slabs that have waited for longer than the delivery time-out without ever being sent. */
  #expire(): void {
    const { pool, deliveryTimeoutMs, owner: self } = this.#o;
    if (deliveryTimeoutMs === Number.POSITIVE_INFINITY) return;
    const before = monotonicMs() - deliveryTimeoutMs;
    for (;;) {
      const slab = pool.takeSealed(
        self,
        (candidate) => pool.number(candidate, slabNumber.OPENED_AT) < before,
      );
      if (slab === -1) return;
      this.#settle(slab, { kind: 'dropped', reason: 'delivery_timeout' });
    }
  }

  /**
   * Goes on until nothing waits and nothing is under way, or until `deadline` (monotonic ms); then closes the sink, and
   * drops what is left (shutdown_deadline).
   */
  async drain(deadline: number): Promise<void> {
    const { pool, sink, owner: self } = this.#o;
    this.#draining = true;
    let seen = Atomics.load(pool.views.words, poolWord.SEAL_EPOCH);
    while (this.#underWay > 0 || pool.inKind(kind.SEALED).some((slab) => this.#isWanted(slab))) {
      const left = deadline - monotonicMs();
      if (left <= 0) break;
      // Settling does not raise the seal epoch: look again soon.
      seen = await epochChange(pool, poolWord.SEAL_EPOCH, seen, Math.min(left, 20));
    }
    this.#stopped = true;
    await sink.close(deadline);
    for (;;) {
      const slab = pool.takeSealed(self);
      if (slab === -1) break;
      this.#settle(slab, { kind: 'dropped', reason: 'shutdown_deadline' });
    }
  }
}
