/** `redirector spool drain` in a terminal, and a spool for it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bin, cleanEnvironment } from './bin.ts';
import { click } from './clicks.ts';
import { type GuardedProcess, spawnGuarded, temporaryDirectory } from './guarded.ts';
import { startServer } from './server.ts';
import { waitFor } from './wait-for.ts';

export const CLICKS = 400;
const SAYS_MS = 60_000;

/** A spool with clicks that a server without brokers has left behind. */
export async function filledSpool(): Promise<string> {
  const server = await startServer({ flags: { target: 'https://example.com/', linger: '1ms' } });
  await click(server.url, CLICKS);
  await server.stop();
  return join(server.cwd, 'redirector-spool.db');
}

/** A drain that is still under way. */
export interface Drain extends GuardedProcess {
  /** Waits until it has said so. */
  says(words: string): Promise<unknown>;
}

export function beginDrain(...flags: string[]): Drain {
  const log = join(temporaryDirectory('drain'), 'log');
  const child = spawnGuarded(process.execPath, [bin, 'spool', 'drain', ...flags], {
    log,
    env: cleanEnvironment(),
  });
  const says = (words: string) =>
    waitFor(words, () => readFileSync(log, 'utf8').includes(words), { timeoutMs: SAYS_MS });
  return Object.assign(child, { says });
}

/** Presses Ctrl-C while nothing can be sent: it says what is left, and exits 1. */
export async function assertInterrupted(drain: Drain): Promise<void> {
  drain.kill('SIGINT');
  assert.deepEqual(await drain.exited(), { code: 1, signal: null }, drain.logTail());
  assert.match(drain.logTail(), new RegExp(`^${CLICKS} records are left in the spool\\.$`, 'm'));
}
