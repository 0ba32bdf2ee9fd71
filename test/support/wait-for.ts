import { inspect } from 'node:util';

export interface WaitOptions<T> {
  /** How long to go on trying, in milliseconds. */
  timeoutMs?: number;
  /** Pause between two tries, in milliseconds. */
  intervalMs?: number;
  /** What makes a value good; by default, that it is truthy. */
  until?: (value: T) => boolean;
  /** Aborting it ends the wait at once with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/**
 * Polls `fn` until its value is good, and returns that value. A try that throws counts as "not yet".
 * Throws an error that names what was waited for, how long, and the last value (or the last error) that was seen; a try
 * that never answers ends with the time-out too.
 */
export async function waitFor<T>(
  description: string,
  fn: () => T | Promise<T>,
  { timeoutMs = 10_000, intervalMs = 25, until = Boolean, signal }: WaitOptions<T> = {},
): Promise<T> {
  let last = 'no try had ended yet';
  const timeUp = Promise.withResolvers<never>();
  const fail = () => timeUp.reject(new Error(`waited ${timeoutMs} ms for ${description}: ${last}`));
  const abort = () => timeUp.reject(signal?.reason);
  const deadline = setTimeout(fail, timeoutMs);
  signal?.addEventListener('abort', abort);
  // A rejection can come while nothing races against it, between two tries: it is seen at the next race.
  timeUp.promise.catch(() => {});
  try {
    signal?.throwIfAborted();
    for (;;) {
      try {
        const value = await Promise.race([fn(), timeUp.promise]);
        if (until(value)) return value;
        last = `the last value was ${inspect(value, { depth: 4, breakLength: 120 })}`;
      } catch (error) {
        last = `the last try failed with "${error instanceof Error ? error.message : inspect(error)}"`;
      }
      await Promise.race([pause(intervalMs), timeUp.promise]);
    }
  } finally {
    clearTimeout(deadline);
    signal?.removeEventListener('abort', abort);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
