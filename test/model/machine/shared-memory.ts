/**
 * The queue of the model: the real pool and ledger, with a step before every access to the memory that threads share, so
 * that a thread can die or be overtaken between any two of them.
 */
import { Ledger, type LedgerColumn } from '../../../src/server/queue/ledger.ts';
import { owner } from '../../../src/server/queue/slab-layout.ts';
import { SlabPool } from '../../../src/server/queue/slab-pool.ts';
import { asTest, currentThread, step, type Thread } from './thread.ts';

/** Told of each change of a slab's state word, as it happens. */
export type StateWatch = (slab: number, from: number, to: number, by: Thread | undefined) => void;

const real = {
  load: Atomics.load,
  store: Atomics.store,
  add: Atomics.add,
  and: Atomics.and,
  or: Atomics.or,
  compareExchange: Atomics.compareExchange,
};

/**
 * Puts a step before each atomic access of the pool's words, and tells `watch` of every change of a state.
 * @returns how to put everything back
 */
export function watchAtomics(pool: SlabPool, watch: StateWatch): () => void {
  const { words } = pool.views;
  const slabOf = new Map<number, number>();
  for (let slab = 0; slab < pool.slabs; slab++) slabOf.set(pool.views.state(slab), slab);
  const isOurs = (array: { readonly buffer: ArrayBufferLike }): boolean => array.buffer === words.buffer;
  const changed = (index: number, from: number): void => {
    const slab = slabOf.get(index);
    if (slab === undefined) return;
    const by = currentThread();
    asTest(() => watch(slab, from, words[index]!, by));
  };
  Atomics.load = ((array: Int32Array, index: number) => {
    if (isOurs(array)) step('load');
    return real.load(array, index);
  }) as typeof Atomics.load;
  Atomics.store = ((array: Int32Array, index: number, value: number) => {
    if (!isOurs(array)) return real.store(array, index, value);
    step('store');
    const from = array[index]!;
    const stored = real.store(array, index, value);
    if (array instanceof Int32Array) changed(index, from);
    return stored;
  }) as typeof Atomics.store;
  for (const name of ['add', 'and', 'or'] as const) {
    Atomics[name] = ((array: Int32Array, index: number, value: number) => {
      if (isOurs(array)) step(name);
      return real[name](array, index, value);
    }) as typeof Atomics.add;
  }
  Atomics.compareExchange = ((array: Int32Array, index: number, from: number, to: number) => {
    if (!isOurs(array)) return real.compareExchange(array, index, from, to);
    step('swap');
    const found = real.compareExchange(array, index, from, to);
    if (found === from) changed(index, from);
    return found;
  }) as typeof Atomics.compareExchange;
  return () => {
    Object.assign(Atomics, real);
  };
}

/** The real ledger, with a step before and after each change: `ledger.delivered`, `ledger.delivered done`. */
export class SteppedLedger extends Ledger {
  override set(row: number, column: LedgerColumn, value: number): void {
    step(`ledger.${column}`);
    super.set(row, column, value);
    step(`ledger.${column} done`);
  }
  override add(row: number, column: LedgerColumn, count: number): void {
    step(`ledger.${column}`);
    super.add(row, column, count);
    step(`ledger.${column} done`);
  }
}

/** The real pool, with a step before each plain write, and before and after each change of a state. */
export class SteppedPool extends SlabPool {
  override set(slab: number, field: number, value: number): void {
    step('pool.set');
    super.set(slab, field, value);
  }
  override setNumber(slab: number, field: number, value: number): void {
    step('pool.setNumber');
    super.setNumber(slab, field, value);
  }
  override setBig(slab: number, field: number, value: bigint): void {
    step('pool.setBig');
    super.setBig(slab, field, value);
  }
  override takeFree(by: number, lane: number, now: number): number {
    return around('pool.takeFree', () => super.takeFree(by, lane, now));
  }
  override seal(slab: number, by: number): boolean {
    return around('pool.seal', () => super.seal(slab, by));
  }
  override abandon(slab: number, by: number): void {
    around('pool.abandon', () => super.abandon(slab, by));
  }
  override takeSealed(by: number, wanted?: (slab: number) => boolean): number {
    return around('pool.takeSealed', () => super.takeSealed(by, wanted));
  }
  override takeBack(slab: number, by: number): boolean {
    return around('pool.takeBack', () => super.takeBack(slab, by));
  }
  override handTo(slab: number, by: number, to: number): void {
    around('pool.handTo', () => super.handTo(slab, by, to));
  }
  override giveBack(slab: number, by: number): void {
    around('pool.giveBack', () => super.giveBack(slab, by));
  }
  override beginSettling(slab: number, by: number, settledBy?: number): boolean {
    return around('pool.beginSettling', () => super.beginSettling(slab, by, settledBy));
  }
  override tellFree(): void {
    around('pool.tellFree', () => super.tellFree());
  }
  override free(slab: number, by: number): void {
    around('pool.free', () => super.free(slab, by));
  }
}

function around<T>(name: string, work: () => T): T {
  step(name);
  const result = work();
  step(`${name} done`);
  return result;
}

/** How an owner is called in documents and messages. */
export function ownerName(number: number): string {
  if (number >= owner.LISTENER) return `listener ${number - owner.LISTENER}`;
  return ['nobody', 'supervisor', 'shipper', 'spooler'][number]!;
}
