/** Tells the log that records are dropped: soon after the first, and then once a minute while it goes on. */
import type { Log } from '../telemetry/log-line.ts';
import { type DropReason, dropReasons } from './queue/drop-reason.ts';
import { dropColumn, type Ledger } from './queue/ledger.ts';

const LOOK_MS = 2000;
/** Between two lines of the same reason. */
const QUIET_MS = 60_000;

/**
 * Watches the ledger. It does not keep the process alive.
 * @returns a function that ends it
 */
export function watchDrops(ledger: Pick<Ledger, 'sum'>, log: Log): () => void {
  const told = new Map<DropReason, { readonly count: number; readonly at: number }>();
  const look = (): void => {
    const now = performance.now();
    for (const reason of dropReasons) {
      const last = told.get(reason) ?? { count: 0, at: Number.NEGATIVE_INFINITY };
      const count = ledger.sum(dropColumn(reason));
      if (count === last.count || now - last.at < QUIET_MS) continue;
      told.set(reason, { count, at: now });
      log('redirector.records.dropped', {
        'redirector.records.dropped': count - last.count,
        'redirector.drop.reason': reason,
      });
    }
  };
  const timer = setInterval(look, LOOK_MS).unref();
  return () => clearInterval(timer);
}
