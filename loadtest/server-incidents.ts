/** What the end of a server of our own tells that its counts did not. */
import type { ServerEnd } from './server-process.ts';
import { type RunLedger, sumOf } from './server-stats.ts';

/**
 * Sentences for the verdict; none when it ended as it should. `ledger` is what it counted when it was quiet; `early`
 * says that it ended before it was told to.
 */
export function serverIncidents(end: ServerEnd, ledger: RunLedger | undefined, early: boolean): string[] {
  const when = early ? ' during the run' : '';
  if (end.signal !== null) return [`The server was ended by ${end.signal}${when}.`];
  if (end.code !== 0 || early) return [`The server ended${when} with exit code ${end.code}.`];
  if (end.shutdown === undefined) return ['The server ended without the line that accounts for its records.'];
  const dropped = ledger === undefined ? 0 : sumOf(ledger.dropped);
  const lost = end.shutdown.lost - dropped;
  return lost > 0 ? [`The server lost ${lost.toLocaleString('en-US')} records when it was stopped.`] : [];
}
