/**
 * Settlement: how a slab that was taken leaves the queue, exactly once, whatever dies in between. The outcome and the
 * counter's target value are written into the slab, then SETTLING, then the counter is SET to the target, then FREE.
 * Every step can be done again by whoever takes over, with the same result.
 */
import { type DropReason, dropReasons } from './drop-reason.ts';
import { dropColumn, type Ledger, type LedgerColumn } from './ledger.ts';
import { flag, kind, slabNumber, slabWord } from './slab-layout.ts';
import type { SlabPool } from './slab-pool.ts';

/** What became of a slab's records. `written` tells whether bytes of it may have reached the sink. */
export type Outcome =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'spooled' }
  | { readonly kind: 'dropped'; readonly reason: DropReason };

const DELIVERED = 1;
const SPOOLED = 2;
const DROPPED = 16;

const codeOf = (outcome: Outcome): number =>
  outcome.kind === 'delivered'
    ? DELIVERED
    : outcome.kind === 'spooled'
      ? SPOOLED
      : DROPPED + dropReasons.indexOf(outcome.reason);

/** The outcome that a SETTLING slab carries. */
export function outcomeOf(pool: SlabPool, slab: number): Outcome {
  const code = pool.get(slab, slabWord.OUTCOME);
  if (code === DELIVERED) return { kind: 'delivered' };
  if (code === SPOOLED) return { kind: 'spooled' };
  return { kind: 'dropped', reason: dropReasons[code - DROPPED]! };
}

const columnOf = (outcome: Outcome): LedgerColumn =>
  outcome.kind === 'dropped' ? dropColumn(outcome.reason) : outcome.kind;

/** Settles a slab that `by` has SENDING. Batches that were on the wire when dropped count as unconfirmed too. */
export function settle(pool: SlabPool, ledger: Ledger, slab: number, by: number, outcome: Outcome): void {
  pool.set(slab, slabWord.OUTCOME, codeOf(outcome));
  pool.setNumber(slab, slabNumber.TARGET, ledger.read(by, columnOf(outcome)) + pool.records(slab));
  const unconfirmed = outcome.kind === 'dropped' && pool.hasFlag(slab, flag.ON_WIRE) ? pool.records(slab) : 0;
  pool.setNumber(slab, slabNumber.UNCONFIRMED_TARGET, ledger.read(by, 'unconfirmed') + unconfirmed);
  if (pool.beginSettling(slab, by)) finishSettling(pool, ledger, slab, by);
}

/** The part of settlement that can be repeated. */
export function finishSettling(pool: SlabPool, ledger: Ledger, slab: number, by: number): void {
  ledger.set(by, 'unconfirmed', pool.number(slab, slabNumber.UNCONFIRMED_TARGET));
  ledger.set(by, columnOf(outcomeOf(pool, slab)), pool.number(slab, slabNumber.TARGET));
  pool.free(slab, by);
}

/** Hands a replayed slab's outcome to `to`, the spooler, which owns the row that still counts its records. */
export function handOver(pool: SlabPool, slab: number, by: number, to: number, outcome: Outcome): void {
  pool.set(slab, slabWord.OUTCOME, codeOf(outcome));
  if (pool.beginSettling(slab, by, to)) pool.signalSpooler();
}

/**
 * Finishes what a dead predecessor of `by` had begun. Its SENDING slabs stay: their fate is the successor's to find; and
 * so do replayed ones, whose rows are to go first.
 */
export function takeOverSettlement(pool: SlabPool, ledger: Ledger, by: number): void {
  for (const slab of pool.inKind(kind.SETTLING, by)) {
    if (!pool.hasFlag(slab, flag.REPLAYED)) finishSettling(pool, ledger, slab, by);
  }
}

/** Whether a SETTLING slab's records are in the counters already. */
export function isCounted(pool: SlabPool, ledger: Ledger, slab: number): boolean {
  return (
    ledger.read(pool.ownerOf(slab), columnOf(outcomeOf(pool, slab))) >= pool.number(slab, slabNumber.TARGET)
  );
}
