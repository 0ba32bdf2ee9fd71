/** Whether everything that was answered is accounted for: answers, the server's ledger and the records found. */
import type { RecordPlaceKind } from './record-place.ts';
import { type RunLedger, sumOf } from './server-stats.ts';

/** One run, as three parties tell it. */
export interface Accounts {
  /** Answers of any status, by the generator's count. */
  readonly answered: number;
  /** The server's; null when it has no admin API that we know of. */
  readonly ledger: RunLedger | null;
  /** Distinct records of the run, found where the sink writes; null when nobody could look. */
  readonly found: { readonly kind: RecordPlaceKind; readonly count: number } | null;
}

export interface Reconciliation {
  /** Null when there is no ledger, or no place to count in. */
  readonly reconciled: boolean | null;
  /** One sentence with its numbers for everything that does not add up. */
  readonly reasons: readonly string[];
}

const show = (count: number): string => count.toLocaleString('en-US');
const records = (count: number): string => `${show(count)} ${count === 1 ? 'record' : 'records'}`;

/** Compares the accounts; see `loadtest --json` for what must hold. */
export function reconcile({ answered, ledger, found }: Accounts): Reconciliation {
  if (ledger === null) return { reconciled: null, reasons: [] };
  if (ledger.restarted) {
    return {
      reconciled: false,
      reasons: ['The server was restarted during the run, so its counts say nothing of it.'],
    };
  }
  const reasons: string[] = [];
  if (answered !== ledger.offered) {
    reasons.push(
      `The server offered ${records(ledger.offered)} to its log for ${show(answered)} answers${
        ledger.offered > answered ? ': others may use it too, or it answered after the time-out' : ''
      }.`,
    );
  }
  if (ledger.queued + ledger.inFlight > 0) {
    reasons.push(
      `The queue did not become quiet: ${records(ledger.queued)} were still queued and ${show(ledger.inFlight)} in flight.`,
    );
  }
  if (found === null) return { reconciled: reasons.length > 0 ? false : null, reasons };

  const [least, most] = bounds(ledger, found.kind);
  const where = found.kind === 'topic' ? 'in the topic' : found.kind === 'spool' ? 'in the spool' : 'written';
  const claim = found.kind === 'spool' ? 'spooled' : 'delivered';
  if (found.count < least) {
    reasons.push(
      `${records(least - found.count)} missing: the server counts ${show(least)} as ${claim}, but ${show(found.count)} are ${where}.`,
    );
  }
  if (found.count > most) {
    reasons.push(
      `${records(found.count - most)} too many: ${show(found.count)} are ${where}, but the server counts ${show(most)} at most as ${claim}.`,
    );
  }
  const dropped = sumOf(ledger.dropped);
  // What was found in the spool is what was spooled: it counts once.
  const spooled = found.kind === 'spool' ? 0 : Math.max(0, ledger.spooled);
  if (found.count + dropped + spooled < ledger.offered) {
    reasons.push(
      `${records(ledger.offered - found.count - dropped - spooled)} unaccounted for: ${show(ledger.offered)} were offered, ${show(found.count)} found, ${show(dropped)} dropped and ${show(spooled)} spooled.`,
    );
  }
  return { reconciled: reasons.length === 0, reasons };
}

/** Between what bounds the server's ledger puts the number of records to be found. */
function bounds(ledger: RunLedger, kind: RecordPlaceKind): readonly [least: number, most: number] {
  // What the queue held before the run may have come out of it meanwhile, delivered or spooled.
  if (kind === 'spool') {
    // Expired rows may be of this run or older than it.
    return [ledger.spooled - ledger.earlier, ledger.spooled + (ledger.dropped.expired ?? 0)];
  }
  // A spool that became shorter was replayed: that much of what was delivered is older than the run.
  const replayed = Math.max(0, -ledger.spooled);
  // And what was spooled may have been on the wire before: the broker recognises it when it is played back.
  const spooled = Math.max(0, ledger.spooled);
  return [ledger.delivered - replayed - ledger.earlier, ledger.delivered + ledger.unconfirmed + spooled];
}
