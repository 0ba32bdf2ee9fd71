/** What is left to be exported at the end, which must not hold up the end for long. */

/**
 * Waits for `sending`, for at most `timeoutMs`. Never rejects.
 * @param failed told why, where it was not sent
 */
export async function sendLast(
  timeoutMs: number,
  sending: Promise<unknown>,
  failed: (reason: string) => void,
): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    // The exporter is still trying, and what it would say of it comes too late to be told.
    failed(`not within ${timeoutMs} ms`);
    resolve();
  }, timeoutMs);
  await Promise.race([sending.catch((error: unknown) => failed(String(error))), late]);
  clearTimeout(timer);
}
