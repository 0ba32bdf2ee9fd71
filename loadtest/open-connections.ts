/** Opens connections ahead of a run, so that no handshake stands in a latency and an absent server is seen at once. */
import type { Connection } from './connection.ts';

/** Stays below the backlog of a listening socket (511 by default in Node). */
const AT_ONCE = 128;

/**
 * Opens `slots`; those that fail try again with their first request.
 * @throws the system's error when not one could be opened within `timeoutMs`.
 */
export async function openConnections(slots: readonly Connection[], timeoutMs: number): Promise<void> {
  let expired = false;
  const timer = setTimeout(() => {
    expired = true;
    // Closing a socket that is not open yet rejects its open().
    for (const slot of slots) slot.close();
  }, timeoutMs);
  let opened = 0;
  let firstError: unknown;
  for (let from = 0; from < slots.length && !expired; from += AT_ONCE) {
    const batch = slots.slice(from, from + AT_ONCE);
    for (const outcome of await Promise.allSettled(batch.map((slot) => slot.open()))) {
      if (outcome.status === 'fulfilled') opened++;
      else firstError ??= outcome.reason;
    }
    if (opened === 0) break;
  }
  clearTimeout(timer);
  if (opened > 0) return;
  throw expired ? new Error(`no connection within ${timeoutMs / 1000} s`) : firstError;
}
