/** One load test from beginning to end: server, place of the records, load, quiet, count, verdict, and all of it cleaned up. */
import { Cleanup } from './cleanup.ts';
import { buildReport, type LoadtestReport } from './report.ts';
import { type LoadtestRequest, Session } from './session.ts';
import { judge } from './verdict.ts';

/**
 * Runs a load test. What it made it removes, and what it started it stops, whatever happens.
 * @throws RedirectorError SERVER_UNREACHABLE, SERVER_DID_NOT_START, BROKERS_UNREACHABLE, KAFKA_REQUEST_FAILED, TOPIC_NOT_FOUND
 */
export const runLoadtest = (request: LoadtestRequest): Promise<LoadtestReport> =>
  cleaningUp(request, async (cleanup) => {
    const { settings } = request;
    const session = await Session.open(request, cleanup);
    const load = await session.load();
    await session.settle();
    const accounting = await session.account(load.result.answered);
    const verdict = judge({
      rps: settings.rps ?? null,
      thresholds: settings.thresholds,
      generator: load.result,
      ledger: accounting.ledger ?? null,
      reconciliation: accounting.reconciliation,
      incidents: accounting.incidents,
    });
    return buildReport({
      verdict,
      run: session.run,
      case: request.case,
      subject: session.subject,
      settings,
      load,
      accounting,
    });
  });

/** Undoes at the end what `work` made, whatever happens; what could not be undone is a note in its document. */
export async function cleaningUp<T extends { readonly notes: readonly string[] }>(
  request: LoadtestRequest,
  work: (cleanup: Cleanup) => Promise<T>,
): Promise<T> {
  const cleanup = new Cleanup();
  let document: T;
  try {
    document = await work(cleanup);
  } finally {
    request.watcher.phase('cleaning up');
    await cleanup.run();
  }
  return { ...document, notes: [...document.notes, ...cleanup.problems] };
}
