import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { type GuardedProcess, spawnGuarded, temporaryDirectory } from '../../test/support/guarded.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { PeerEnd, RunningPeer } from './peer.ts';

/** Redirector's own shutdown deadline is 10 s; a peer that needs longer than this is killed. */
const STOP_DEADLINE_MS = 20_000;
const READY_DEADLINE_MS = 60_000;

/** What to run, and how to know that it serves. */
export interface PeerCommand {
  command: string;
  args: readonly string[];
  port: number;
  core?: number | undefined;
  /** Added to the cleaned environment. */
  env?: Record<string, string>;
  /**
   * Whether it serves. By default: it has printed a line that starts with "listening". A connection would prove less,
   * as it can be another process that has the port.
   */
  isReady?: () => Promise<boolean>;
}

/**
 * Starts a peer (shell and taskset each replace themselves by what they run, so the pid is the peer's, or that of its root)
 * and waits until it is ready. It cannot outlive this process. Rejects, with the end of its standard error, when it
 * ends before that or is not ready in a minute.
 */
export async function startPeerProcess(peer: PeerCommand): Promise<RunningPeer> {
  // Also its working folder, not the checkout: a peer must not find a configuration there, nor leave a file.
  const home = temporaryDirectory('peer');
  const stdout = join(home, 'stdout');
  const stderr = join(home, 'stderr');
  const pinned = peer.core === undefined ? [] : ['taskset', '-c', `${peer.core}`];
  const child = spawnGuarded(
    '/bin/sh',
    // The last line of standard output is the peer's ledger: standard error must not get between.
    ['-c', 'exec "$@" 2>>"$0"', stderr, ...pinned, peer.command, ...peer.args],
    { log: stdout, cwd: home, env: { ...cleanEnvironment(process.env), ...peer.env } },
  );
  const isReady = peer.isReady ?? (async () => /^listening/m.test(readFileSync(stdout, 'utf8')));
  const ended = new AbortController();
  void child.exited().then(() => ended.abort(new Error('it ended before it served')));
  try {
    await waitFor('it to serve', isReady, { timeoutMs: READY_DEADLINE_MS, signal: ended.signal });
  } catch (error) {
    child.kill('SIGKILL');
    await child.exited();
    const said = lastLines(readFileSync(stderr, 'utf8')) || 'it printed no error';
    throw new Error(`${error instanceof Error ? error.message : error}: ${said}`);
  }
  return {
    pid: child.pid,
    url: `http://127.0.0.1:${peer.port}/`,
    stop: () => stopPeer(child),
  };
}

async function stopPeer(child: GuardedProcess): Promise<PeerEnd> {
  let killed = false;
  const timer = setTimeout(() => {
    killed = true;
    child.kill('SIGKILL');
  }, STOP_DEADLINE_MS);
  // To the root alone: what it has started ends in the order that it has for that.
  if (child.exit === undefined) process.kill(child.pid, 'SIGTERM');
  const { code } = await child.exited();
  clearTimeout(timer);
  if (killed) throw new Error(`it was killed: SIGTERM did not end it within ${STOP_DEADLINE_MS / 1000} s`);
  return { exitCode: code, lastLine: child.logTail(1) || null };
}

/** The environment without what would quietly configure one peer and not another. */
export function cleanEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const steering = /^(REDIRECTOR_|OTEL_|NODE_OPTIONS$|GOGC$|GOMEMLIMIT$|GODEBUG$|GOMAXPROCS$)/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !steering.test(name)));
}

/** The last few lines of a program's output, as one line for an error message. */
export function lastLines(output: string, count = 3): string {
  return output.trim().split('\n').slice(-count).join(' | ');
}
