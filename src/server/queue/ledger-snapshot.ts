/** A consistent reading of the ledger and the pool, and the identity that must hold in it. */
import { type DropReason, dropReasons } from './drop-reason.ts';
import { dropColumn, type Ledger } from './ledger.ts';
import { isCounted } from './settlement.ts';
import { flag, kind } from './slab-layout.ts';
import type { SlabPool } from './slab-pool.ts';

/**
 * inherited + offered = delivered + dropped + spooled + queued + inFlight + unaccounted, in records.
 * `unconfirmed` is the part of `dropped` that may be in the topic all the same.
 */
export interface LedgerSnapshot {
  readonly inherited: number;
  readonly offered: number;
  readonly delivered: number;
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  readonly spooled: number;
  readonly queued: number;
  readonly inFlight: number;
  readonly unaccounted: number;
  readonly unconfirmed: number;
}

/** Reasons that have occurred, with their counts. */
function drops(ledger: Ledger): Partial<Record<DropReason, number>> {
  const dropped: Partial<Record<DropReason, number>> = {};
  for (const reason of dropReasons) {
    const count = ledger.sum(dropColumn(reason));
    if (count > 0) dropped[reason] = count;
  }
  return dropped;
}

/** Total of all drop reasons. */
export const totalDropped = (dropped: LedgerSnapshot['dropped']): number =>
  Object.values(dropped).reduce((sum, count) => sum + count, 0);

function read(pool: SlabPool, ledger: Ledger): LedgerSnapshot {
  const inherited = ledger.sum('inherited');
  const offered = ledger.sum('offered');
  let queued = 0;
  let inFlight = 0;
  for (let slab = 0; slab < pool.slabs; slab++) {
    const now = pool.kindOf(slab);
    if (now === kind.FREE || pool.hasFlag(slab, flag.REPLAYED)) continue;
    if (now === kind.FILLING || now === kind.SEALED) queued += pool.records(slab);
    else if (now === kind.SENDING || !isCounted(pool, ledger, slab)) inFlight += pool.records(slab);
  }
  const delivered = ledger.sum('delivered');
  const spooled = ledger.sum('spooled');
  const dropped = drops(ledger);
  const unaccounted = inherited + offered - delivered - totalDropped(dropped) - spooled - queued - inFlight;
  const unconfirmed = ledger.sum('unconfirmed');
  return { inherited, offered, delivered, dropped, spooled, queued, inFlight, unaccounted, unconfirmed };
}

/** Records that have an outcome. */
const ended = ({ delivered, spooled, dropped }: LedgerSnapshot): number =>
  delivered + spooled + totalDropped(dropped);

const ATTEMPTS = 100;

/**
 * Reads the ledger while no slab changed its state, no record was offered, and none was counted: one that is counted
 * after the scan has seen it in flight would be in both. Under a load that never pauses for the microseconds of a scan, the
 * last reading is returned: then `unaccounted` may be off by what moved meanwhile.
 */
export function snapshot(pool: SlabPool, ledger: Ledger): LedgerSnapshot {
  let before = read(pool, ledger);
  for (let attempt = 1; ; attempt++) {
    const changes = pool.changes;
    const reading = read(pool, ledger);
    const still =
      pool.changes === changes &&
      ledger.sum('offered') === reading.offered &&
      ended(reading) === ended(before);
    if (still || attempt === ATTEMPTS) return reading;
    before = reading;
  }
}
