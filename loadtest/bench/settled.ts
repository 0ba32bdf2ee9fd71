import { setTimeout as sleep } from 'node:timers/promises';

/** A peer that is further behind than this is measured as it is. */
const DEADLINE_MS = 60_000;
const POLL_MS = 250;

/**
 * Waits until as many records are in the topic as there were answers, or no more come. Returns at once where none are
 * counted (null).
 */
export async function settled(
  count: () => Promise<number | null>,
  answered: number,
  { stillMs, signal }: { stillMs: number; signal: AbortSignal },
): Promise<void> {
  const start = performance.now();
  let most = -1;
  let grewAt = start;
  for (;;) {
    const found = await count();
    const now = performance.now();
    if (found === null || found >= answered || now - start > DEADLINE_MS) return;
    if (found > most) [most, grewAt] = [found, now];
    else if (now - grewAt >= stillMs) return;
    await sleep(POLL_MS, undefined, { signal });
  }
}
