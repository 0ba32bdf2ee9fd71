/**
 * Child processes and temporary folders that end with this process, however it ends: return, exception, Ctrl-C or kill -9.
 *
 * One small shell, the guard, holds the reading end of a pipe whose only writing end is ours. The kernel closes that when we
 * end, whatever the cause; the guard then kills the children it was told of and removes the folders. No handler of ours has to run.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, realpathSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Reads "child PID", "gone PID" and "directory PATH" lines; at the end of them it cleans up. */
const GUARD = `
trap '' INT TERM HUP
children=
while read -r what value; do
  case $what in
    child) children="$children $value" ;;
    gone) kept=; for c in $children; do [ "$c" = "$value" ] || kept="$kept $c"; done; children=$kept ;;
    directory) set -- "$@" "$value" ;;
  esac
done
for c in $children; do kill -KILL "-$c"; done
# A process that was just killed may still be adding a file: rm then fails, and is repeated.
tries=0
until rm -rf -- "$@" || [ $tries -gt 200 ]; do tries=$((tries + 1)); done
`;

let guard: ChildProcess | undefined;

function tellGuard(line: string): void {
  if (guard === undefined) {
    guard = spawn('/bin/sh', ['-c', GUARD, 'guard'], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    guard.unref();
    (guard.stdin as Socket).unref();
  }
  guard.stdin?.write(`${line}\n`);
}

/** A new empty folder under the system's temporary folder, removed at the end of this process. */
export function temporaryDirectory(prefix: string): string {
  const path = mkdtempSync(join(realpathSync(tmpdir()), `redirector-${prefix}-`));
  tellGuard(`directory ${path}`);
  return path;
}

export interface GuardedProcess {
  readonly pid: number;
  /** Undefined while it runs. `code` is 127 when the command was not found. */
  readonly exit: { code: number | null; signal: NodeJS.Signals | null } | undefined;
  /** Resolves at its end; keeps this process alive until then. */
  exited(): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Sends a signal to it and to the processes that it started. Does nothing after its end. */
  kill(signal: NodeJS.Signals): void;
  /** The last lines of its log: standard error, and standard output where that has no file of its own. */
  logTail(lines?: number): string;
}

export interface GuardedOptions {
  /** The file that gets its standard output and standard error, appended. */
  log: string;
  /** The file (or named pipe with a reader) that gets its standard output instead, appended. */
  stdout?: string;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
}

/**
 * Starts a command that cannot outlive this process. It runs in a process group of its own, so that a Ctrl-C in the terminal
 * reaches it only through us, and it does not keep this process alive.
 */
export function spawnGuarded(command: string, args: string[], options: GuardedOptions): GuardedProcess {
  const log = openSync(options.log, 'a');
  const output = options.stdout === undefined ? log : openSync(options.stdout, 'a');
  // The shell waits for a line before it becomes the command: the guard knows of it first. No moment is left uncovered.
  const child = spawn('/bin/sh', ['-c', 'read -r _ && exec "$@" </dev/null', 'sh', command, ...args], {
    stdio: ['pipe', output, log],
    detached: true,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  closeSync(log);
  if (output !== log) closeSync(output);
  const pid = child.pid;
  if (pid === undefined) throw new Error(`could not start ${command}: no process could be made`);
  tellGuard(`child ${pid}`);
  child.stdin?.end('\n');
  child.unref();

  let exit: GuardedProcess['exit'];
  const { promise, resolve } = Promise.withResolvers<NonNullable<GuardedProcess['exit']>>();
  child.once('exit', (code, signal) => {
    tellGuard(`gone ${pid}`);
    exit = { code, signal };
    resolve(exit);
  });
  return {
    pid,
    get exit() {
      return exit;
    },
    exited() {
      if (exit === undefined) child.ref();
      return promise;
    },
    kill(signal) {
      if (exit === undefined) process.kill(-pid, signal);
    },
    logTail: (lines = 25) => readFileSync(options.log, 'utf8').trimEnd().split('\n').slice(-lines).join('\n'),
  };
}

/** Runs a command to its end. Throws an error with the last lines of its output when it fails. */
export async function runGuarded(command: string, args: string[], options: GuardedOptions): Promise<void> {
  const child = spawnGuarded(command, args, options);
  const { code, signal } = await child.exited();
  if (code === 0) return;
  const why = code === 127 ? `${command} is not installed` : `it ended with ${signal ?? `code ${code}`}`;
  throw new Error(`${command} ${args.join(' ')}: ${why}\n${child.logTail()}`);
}
