/** Commands that go on until they are interrupted, and then end as if they were done. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Aborted by the first SIGINT or SIGTERM; a second one ends the process as usual. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

/** Waits, at most until `signal` is aborted. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => {});
}
