/** The drain: stop accepting, finish answers, flush the queue, then one line that accounts for every record. */
import { setTimeout as sleep } from 'node:timers/promises';
import { fateOf } from './batch-fate.ts';
import type { FateMessage } from './messages.ts';
import { monotonicMs } from './queue/clock.ts';
import { recoverListener } from './queue/lane-writer.ts';
import type { Ledger } from './queue/ledger.ts';
import { type LedgerSnapshot, snapshot, totalDropped } from './queue/ledger-snapshot.ts';
import { finishSettling, settle } from './queue/settlement.ts';
import { flag, kind, owner } from './queue/slab-layout.ts';
import type { SlabPool } from './queue/slab-pool.ts';

/** The last line of `serve`. */
export interface ShutdownReport {
  readonly event: 'shutdown';
  readonly reason: string;
  readonly ledger: LedgerSnapshot;
  /** Everything that was dropped since the start. */
  readonly lost: number;
  readonly lostInDrain: number;
  readonly drainSeconds: number;
}

/** Something that can be told to finish by a deadline. */
export interface Drainable {
  post(message: object): void;
  expectEnd(): void;
  terminate(): Promise<void>;
  /** Resolves when it has said that it is done, or can no longer say so. */
  readonly drained: Promise<void>;
}

export interface DrainOptions {
  readonly reason: string;
  readonly graceMs: number;
  readonly deadlineMs: number;
  readonly pool: SlabPool;
  readonly ledger: Ledger;
  readonly listeners: readonly Drainable[];
  /** In the order in which they are to finish: the shipper before the spooler. */
  readonly sinks: readonly Drainable[];
  /** What the first sink cannot send in time is the second one's to keep. */
  readonly spills: boolean;
  /** Told the fate of what no thread was left to send, where a record of it is traced. */
  readonly onFate: (fate: FateMessage) => void;
  /** Resolves when the drain is to be cut short: a second signal. */
  readonly hurry: Promise<void>;
}

/** Of the time for the drain, what connections get; the rest is for the queue. */
const CONNECTIONS_SHARE = 0.5;
/** Of the time for the drain, how much may have passed when a sink gives up in favour of the spool. */
const SPILL_SHARE = 0.8;
/** How long a thread that should be done by a deadline may be late before it is ended. */
const LATE_MS = 500;

/** Drains everything and returns the books. Never rejects, and takes little more than grace and deadline. */
export async function drain(options: DrainOptions): Promise<ShutdownReport> {
  const { reason, graceMs, deadlineMs, pool, ledger, listeners, sinks, spills, onFate, hurry } = options;
  const droppedBefore = totalDropped(snapshot(pool, ledger).dropped);
  let hurried = false;
  const hurrying = hurry.then(() => {
    hurried = true;
  });
  if (graceMs > 0) await Promise.race([sleep(graceMs, undefined, { ref: false }), hurrying]);

  const started = monotonicMs();
  const deadline = (share: number): number => (hurried ? monotonicMs() : started + deadlineMs * share);
  await finish(listeners, deadline(CONNECTIONS_SHARE), hurrying);
  // A listener that was late was ended wherever it was: its books are brought in order as after a death.
  for (const index of listeners.keys()) recoverListener(pool, ledger, owner.LISTENER + index);
  for (const sink of sinks) {
    const isLast = sink === sinks.at(-1);
    await finish([sink], deadline(spills && !isLast ? SPILL_SHARE : 1), hurrying);
  }
  dropLeftovers(pool, ledger, onFate);

  const books = snapshot(pool, ledger);
  const lost = totalDropped(books.dropped);
  return {
    event: 'shutdown',
    reason,
    ledger: books,
    lost,
    lostInDrain: lost - droppedBefore,
    drainSeconds: Math.round(monotonicMs() - started) / 1000,
  };
}

async function finish(
  threads: readonly Drainable[],
  deadline: number,
  hurrying: Promise<void>,
): Promise<void> {
  for (const thread of threads) {
    thread.expectEnd();
    thread.post({ type: 'drain', deadline });
  }
  const late = sleep(Math.max(0, deadline - monotonicMs()) + LATE_MS, undefined, { ref: false });
  const hurried = hurrying.then(() => sleep(LATE_MS, undefined, { ref: false }));
  await Promise.race([Promise.all(threads.map(({ drained }) => drained)), late, hurried]);
  await Promise.all(threads.map((thread) => thread.terminate()));
}

/** What no thread is left to send. The threads have ended, so their slabs and rows of the ledger are free to take. */
function dropLeftovers(pool: SlabPool, ledger: Ledger, onFate: DrainOptions['onFate']): void {
  // A replayed slab's row in the spool counts it.
  const counted = (slab: number): boolean => !pool.hasFlag(slab, flag.REPLAYED);
  for (const slab of pool.inKind(kind.SETTLING).filter(counted)) {
    finishSettling(pool, ledger, slab, pool.ownerOf(slab));
  }
  while (pool.takeSealed(owner.SUPERVISOR) !== -1);
  for (const slab of pool.inKind(kind.SENDING).filter(counted)) {
    const outcome = { kind: 'dropped', reason: 'shutdown_deadline' } as const;
    if (pool.hasFlag(slab, flag.SAMPLED)) onFate(fateOf(pool, slab, outcome));
    settle(pool, ledger, slab, pool.ownerOf(slab), outcome);
  }
}
