/** The last line of `serve`, on standard output. */
import { writeSync } from 'node:fs';
import type { ShutdownReport } from './shutdown.ts';

const PATIENCE_MS = 1000;

/**
 * Prints the report, and waits at most a second for a reader that does not read: the process must end.
 * @param torn the line before it may have been cut off in the middle
 */
export function printLastLine(report: ShutdownReport, torn: boolean): void {
  const line = Buffer.from(`${torn ? '\n' : ''}${JSON.stringify(report)}\n`);
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (let written = 0; written < line.length; ) {
    try {
      written += writeSync(1, line, written);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN' && performance.now() < giveUpAt) continue;
      if (code !== 'EPIPE') process.stderr.write(line);
      return;
    }
  }
}
