/** Shows how a run goes on: a bar on a terminal, elsewhere one line at the end of the load. Always on standard error. */
import cliProgress from 'cli-progress';
import { whole } from './format.ts';
import type { LiveProgress, Watcher } from './session.ts';

export interface ClosableWatcher extends Watcher {
  /** Takes the bar away, or says the one line. May be called twice. */
  close(): void;
}

/** One line on the run so far. */
function progressLine(progress: LiveProgress): string {
  const { elapsedSeconds, sent, answered, failed, waiting, p99Ms, queued, dropped } = progress;
  const parts = [
    `sent ${whole(sent)}`,
    `answered ${whole(answered)} (${whole(answered / Math.max(0.001, elapsedSeconds))}/s)`,
    `p99 ${p99Ms.toFixed(1)} ms`,
  ];
  if (failed > 0) parts.push(`failed ${whole(failed)}`);
  if (waiting > 0) parts.push(`waiting ${whole(waiting)}`);
  if (queued !== null) parts.push(`queued ${whole(queued)}`);
  if (dropped !== null) parts.push(`dropped ${whole(dropped)}`);
  return parts.join(', ');
}

/** A watcher on standard error for a run of `seconds`. */
export function watchOnStderr(seconds: number): ClosableWatcher {
  return process.stderr.isTTY ? barWatcher(seconds) : lineWatcher();
}

function lineWatcher(): ClosableWatcher {
  let last: LiveProgress | undefined;
  return {
    phase() {},
    progress(progress) {
      last = progress;
    },
    close() {
      if (last !== undefined) process.stderr.write(`${progressLine(last)}\n`);
      last = undefined;
    },
  };
}

function barWatcher(seconds: number): ClosableWatcher {
  const bar = new cliProgress.SingleBar({
    format: '{bar} {line}',
    barsize: 20,
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
    // The terminal's own restore handlers would end the process on SIGINT, before anything is cleaned up.
    gracefulExit: false,
  });
  const total = Math.max(1, Math.round(seconds));
  bar.start(total, 0, { line: '' });
  return {
    phase: (sentence) => bar.update({ line: sentence }),
    progress: (progress) =>
      bar.update(Math.min(total, Math.round(progress.elapsedSeconds)), { line: progressLine(progress) }),
    close: () => bar.stop(),
  };
}
