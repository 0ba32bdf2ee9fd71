/** Reads a server's spool as a user does, beside it. */
import { join } from 'node:path';
import { redirector } from '../unit/run-redirector.ts';
import type { RunningServer } from './server.ts';
import { waitFor } from './wait-for.ts';

export interface ClickRecord {
  readonly id: string;
  readonly time: string;
  readonly remote_address?: string;
  readonly [field: string]: unknown;
}

/** Every record of a spool, oldest first, by `redirector spool export`. */
export async function exportSpool<T = ClickRecord>(path: string): Promise<T[]> {
  const { code, stdout, stderr } = await redirector(['spool', 'export', '--spool-path', path]);
  if (code !== 0) throw new Error(`spool export ended with code ${code}: ${stderr}`);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);
}

/** Waits until a server has `count` records in its spool and nothing under way, and reads them. */
export async function recordsOf<T = ClickRecord>(server: RunningServer, count: number): Promise<T[]> {
  await server.waitForStats(
    `${count} records in the spool`,
    ({ ledger }) => ledger.spooled === count && ledger.offered + ledger.inherited === count,
  );
  return exportSpool<T>(join(server.cwd, 'redirector-spool.db'));
}

/** The sequence numbers in the records' ids, in their order. */
export const sequencesOf = (records: readonly ClickRecord[]): number[] =>
  records.map(({ id }) => Number(/^[0-9a-z]{15}-\d+-(\d+)$/.exec(id)?.[1]));

/** Waits until a value that counts up stands still: two readings of it with a pause between are equal. */
export async function standsStill(description: string, read: () => Promise<number>): Promise<number> {
  let before = -1;
  return waitFor(
    `${description} to stand still`,
    async () => {
      const now = await read();
      const still = now === before;
      before = now;
      return still ? { now } : undefined;
    },
    { intervalMs: 200 },
  ).then((found) => found!.now);
}
