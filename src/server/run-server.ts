/** A server as a process: what `redirector serve` adds to one are signals, what it prints, and its exit code. */
import type { LoadedConfig } from '../config.ts';
import { describeStart } from './banner.ts';
import { printLastLine } from './last-line.ts';
import { startServer } from './supervisor.ts';
import { trimHeap } from './trim-heap.ts';

/**
 * Runs the server until a signal ends it.
 * @returns the exit code
 * @throws RedirectorError when it cannot start; then nothing is left running
 */
export async function runServer({ config }: LoadedConfig): Promise<number> {
  const started = startServer(config, (ports) => {
    for (const line of describeStart(config, ports)) process.stderr.write(`${line}\n`);
  });
  // A signal that comes during the start waits for its end.
  const whenStarted = started.catch(() => undefined);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => void whenStarted.then((server) => server?.stop(signal)));
  }
  process.on('SIGHUP', () => void whenStarted.then((server) => server?.reload()));
  const { ended } = await started;
  await trimHeap();
  const { report, code } = await ended;
  printLastLine(report, config.sink === 'stdout' && report.ledger.unconfirmed > 0);
  return code;
}
