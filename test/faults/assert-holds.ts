/** What must hold of every fault, whatever it was. */
import assert from 'node:assert/strict';
import type { Fault } from './fault.ts';
import type { FaultReport } from './run-fault.ts';

/** More lines of trouble than this are a flood. */
const MOST_LINES = 4;

/** @throws AssertionError that says what did not hold */
export function assertHolds(fault: Fault, report: FaultReport): void {
  const { answers, ledger, possibleDuplicates, found, duplicates, takenAway, troubles } = report;
  assert.deepEqual(answers.failures, {});
  assert.equal(answers.answered, answers.sent);
  assert.equal(report.restarts, 0, 'nothing was restarted');
  assert.equal(report.exitCode, 0);

  const books = JSON.stringify(ledger);
  assert.equal(ledger.offered, answers.sent);
  assert.deepEqual([ledger.queued, ledger.inFlight, ledger.unaccounted], [0, 0, 0], books);
  const { mayDrop = [] } = fault;
  assert.deepEqual(
    Object.keys(ledger.dropped).filter((reason) => !(mayDrop as readonly string[]).includes(reason)),
    [],
    books,
  );
  if (mayDrop.length === 0) {
    assert.equal(ledger.delivered, ledger.offered, books);
    if (takenAway === 0) assert.equal(report.missing, 0, 'no sequence is missing in the topic');
  }

  assert.ok(ledger.delivered - takenAway <= found, `${found} found, ${takenAway} taken away: ${books}`);
  assert.ok(found <= ledger.delivered + ledger.unconfirmed, `${found} found: ${books}`);
  if (fault.mayRepeat !== true) assert.equal(possibleDuplicates, 0);
  assert.ok(duplicates <= possibleDuplicates, `${duplicates} came twice, ${possibleDuplicates} expected`);

  const told = troubles.join('\n');
  if (fault.told === undefined) assert.equal(told, '', 'nothing is wrong, so nothing is told');
  else assert.match(told, fault.told);
  const most = fault.mostLines ?? MOST_LINES;
  assert.ok(troubles.length <= most, `told once, not a thousand times:\n${told}`);
  fault.check?.(report);
}
