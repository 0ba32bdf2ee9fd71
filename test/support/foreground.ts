/** What run-kafka.ts and run-jaeger.ts have in common. */
import { PortInUseError } from './free-port.ts';

/**
 * Runs something until Ctrl-C or SIGTERM, then stops it. An error is one clear message without a stack trace, and exit code 2 for
 * wrong arguments or a port in use, 3 for what could not be had or started.
 */
export async function runInForeground(start: () => Promise<{ stop(): Promise<void> }>): Promise<void> {
  const asked = Promise.withResolvers<void>();
  // A signal while it still starts ends this process at once; what it started ends with it.
  const keepAlive = setInterval(() => {}, 60_000);
  try {
    const running = await start();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => asked.resolve());
    await asked.promise;
    process.stderr.write('\nstopping ...\n');
    await running.stop();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${message}\n`);
    process.exitCode = error instanceof UsageError || error instanceof PortInUseError ? 2 : 3;
  } finally {
    clearInterval(keepAlive);
  }
}

/** Wrong arguments; the message says what is right. */
export class UsageError extends Error {}

/** A TCP port from the command line. Throws UsageError. */
export function portArgument(name: string, text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new UsageError(`--${name} must be a port from 1 to 65535, not "${text}"`);
  }
  return port;
}
