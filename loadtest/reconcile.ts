/** Whether everything that was answered is accounted for: answers, the server's ledger and the records found. */
import type { RecordPlaceKind } from './record-place.ts';
import { type RunLedger, sumOf } from './server-stats.ts';

/** Records that were found in a spool beside a topic. */
export interface FoundInSpool {
  readonly count: number;
  /** How many of them are in the topic as well; null where records carry no id. */
  readonly alsoInTopic: number | null;
}

/** Those that are in the spool and nowhere else, as far as one can tell. */
export const inSpoolAlone = (spool: FoundInSpool | null): number =>
  spool === null ? 0 : spool.count - (spool.alsoInTopic ?? 0);

/** One run, as three parties tell it. */
export interface Accounts {
  /** Answers of any status, by the generator's count. */
  readonly answered: number;
  /** The server's; null when it has no admin API that we know of. */
  readonly ledger: RunLedger | null;
  /** Distinct records of the run, found where the sink writes; null when nobody could look. */
  readonly found: {
    readonly kind: RecordPlaceKind;
    readonly count: number;
    /** Of a topic; null where there is no spool beside it that one could look into. */
    readonly spool: FoundInSpool | null;
  } | null;
}

export interface Reconciliation {
  /** Null when there is no ledger, or no place to count in. */
  readonly reconciled: boolean | null;
  /** One sentence with its numbers for everything that does not add up. */
  readonly reasons: readonly string[];
}

const show = (count: number): string => count.toLocaleString('en-US');
const records = (count: number): string => `${show(count)} ${count === 1 ? 'record' : 'records'}`;

/** Where records of a kind of place are. */
export const foundWhere = { topic: 'in the topic', spool: 'in the spool', stdout: 'written' } as const;

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

  const claimed = claimedOf(ledger, found.kind);
  if (found.count < claimed) {
    const claim = found.kind === 'spool' ? 'spooled' : 'delivered';
    reasons.push(
      `${records(claimed - found.count)} missing: the server counts ${show(claimed)} as ${claim}, but ${show(found.count)} are ${foundWhere[found.kind]}.`,
    );
  }
  reasons.push(...remainder(ledger, found));
  return { reconciled: reasons.length === 0, reasons };
}

/** How many records must be there at least, by the server's word. */
function claimedOf(ledger: RunLedger, kind: RecordPlaceKind): number {
  // What the queue held before the run may have come out of it meanwhile, delivered or spooled.
  if (kind === 'spool') return ledger.spooled - ledger.earlier;
  // A spool that became shorter was played back: that much of what was delivered is older than the run.
  return ledger.delivered - Math.max(0, -ledger.spooled) - ledger.earlier;
}

/** What is left when what was offered is set against what was found, and what was dropped: nothing, if all is well. */
function remainder(ledger: RunLedger, found: NonNullable<Accounts['found']>): string[] {
  const { offered, unconfirmed, earlier, spooledBefore } = ledger;
  const inSpool = inSpoolAlone(found.spool);
  const dropped = sumOf(ledger.dropped);
  const left = offered - found.count - inSpool - dropped;
  // Without ids nobody can tell which records of the spool had been on the wire, and are in the topic too.
  const unknown = found.spool?.alsoInTopic === null ? inSpool : 0;
  // What was dropped may have been on the wire; or it is older than the run.
  const older = earlier + Math.min(spooledBefore, ledger.dropped.expired ?? 0);
  const surplus = -left - unconfirmed - unknown - Math.min(dropped, older);
  const places = `${show(found.count)} are ${foundWhere[found.kind]}${found.spool === null ? '' : `, ${show(inSpool)} in the spool`} and ${show(dropped)} dropped`;
  if (left > 0) {
    const unseen =
      found.kind === 'topic' && found.spool === null && ledger.spooled + spooledBefore > 0
        ? '; it has a spool, which could not be looked into (name it with --spool-path)'
        : '';
    return [`${records(left)} unaccounted for: ${show(offered)} were offered, ${places}${unseen}.`];
  }
  if (surplus > 0) return [`${records(surplus)} too many: ${show(offered)} were offered, but ${places}.`];
  return [];
}
