/** What must hold while a server cannot deliver and afterwards, whatever keeps it from it. */
import assert from 'node:assert/strict';
import type { Stats } from '../../src/server/admin/stats.ts';
import { click, clicksIn } from './clicks.ts';
import type { ServingServer } from './kafka-server.ts';
import { type LoggedLine, logLinesOf } from './log-lines.ts';
import { waitFor } from './wait-for.ts';

/** The lines of the log that tell of a trouble. */
export const troublesOf = (server: ServingServer): LoggedLine[] =>
  logLinesOf(server.stderr()).filter(({ level }) => level === 'warn' || level === 'error');

const ATTEMPTS = 2;

/**
 * Makes `count` requests and asserts: each is answered, its record waits, and after some attempts more to deliver, each of which
 * `attempts` counts, the reason is in the stats and, once, in the log.
 * @returns the stats of the end
 */
export async function assertRecordsWait(
  server: ServingServer,
  { count, attempts, lastError }: { count: number; attempts: () => number; lastError: RegExp },
): Promise<Stats> {
  await server.waitForStats('the reason to be told', ({ sink }) => lastError.test(sink.lastError ?? ''));
  await click(server.url, count); // asserts that each is answered
  const before = attempts();
  const reasons = new Set<string | null>();
  await waitFor(`${ATTEMPTS} attempts more`, async () => {
    reasons.add((await server.stats()).sink.lastError);
    return attempts() >= before + ATTEMPTS;
  });
  assert.equal(reasons.size, 1, [...reasons].join('\n'));
  const stats = await server.waitForStats(
    'all to be offered',
    ({ ledger }) => ledger.offered === count && ledger.unaccounted === 0,
  );
  assert.equal(stats.sink.state, 'degraded');
  assert.match(stats.sink.lastError ?? '', lastError);
  assert.equal(stats.ledger.queued + stats.ledger.inFlight, count, JSON.stringify(stats.ledger));
  assert.deepEqual(stats.ledger.dropped, {});
  const told = troublesOf(server);
  assert.deepEqual(
    told.map((line) => line['exception.message']),
    [stats.sink.lastError],
    'told once',
  );
  return stats;
}

/** Waits until `count` records are delivered, and asserts that the topic has each once. */
export async function assertDelivered(
  server: ServingServer,
  brokers: string[],
  topic: string,
  count: number,
): Promise<void> {
  const { ledger } = await server.quiet(count);
  assert.equal(ledger.delivered, count);
  assert.equal(ledger.unaccounted, 0);
  await server.connected();
  const clicks = await clicksIn(brokers, topic);
  assert.equal(new Set(clicks.map(({ id }) => id)).size, count, 'every record is found');
  assert.equal(clicks.length, count, 'no record is found twice');
}

/** Asserts that nothing that the server has said holds one of `secrets`. */
export async function assertUntold(server: ServingServer, ...secrets: string[]): Promise<void> {
  const said = server.stderr() + server.stdout() + JSON.stringify(await server.stats());
  for (const secret of secrets) assert.ok(!said.includes(secret), `the server told ${secret}: ${said}`);
}
