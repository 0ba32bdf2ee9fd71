/** A Redirector of its own for a test: a real process, in a folder of its own, on free ports of 127.0.0.1. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { flagName, type OptionKey } from '../../src/options.ts';
import type { Stats } from '../../src/server/admin/stats.ts';
import type { ShutdownReport } from '../../src/server/shutdown.ts';
import { bin, cleanEnvironment } from './bin.ts';
import { freePort } from './free-port.ts';
import { type GuardedProcess, spawnGuarded, temporaryDirectory } from './guarded.ts';
import { ask } from './http-client.ts';
import { waitFor } from './wait-for.ts';

export interface ServerOptions {
  /** As typed (`['--target', 'https://example.com/']`), or by option key (`{'queue.maxBytes': '1MiB'}`). */
  flags: readonly string[] | Readonly<Partial<Record<OptionKey, string | number | boolean>>>;
  /** Added to the environment, from which all that configures a server is taken out. */
  env?: Readonly<Record<string, string>>;
  /** Where it runs, and keeps its spool unless told otherwise; a new temporary folder by default. */
  cwd?: string;
  /** Gets its standard output instead of a file of its own: a named pipe, which must have a reader. */
  stdout?: string;
}

type Exit = NonNullable<GuardedProcess['exit']>;

export interface RunningServer {
  /** Where it answers with redirects: `http://127.0.0.1:port`, without a slash at the end. */
  readonly url: string;
  readonly adminUrl: string;
  readonly pid: number;
  readonly cwd: string;
  /** All that it has written so far. */
  stdout(): string;
  stderr(): string;
  /** `/api/v1/stats`, with the token where there is one. */
  stats(): Promise<Stats>;
  /** Polls the stats until they are as they should be. */
  waitForStats(description: string, predicate: (stats: Stats) => boolean, timeoutMs?: number): Promise<Stats>;
  /** Sends a signal and does not wait. */
  kill(signal?: NodeJS.Signals): void;
  /** Sends a signal, waits for the end, and reads the last line of standard output. Once it has ended, only reads. */
  stop(signal?: NodeJS.Signals): Promise<{ code: number | null; lastLine: ShutdownReport }>;
  exited(): Promise<Exit>;
}

/** A server that ended before it was ready. */
export class StartError extends Error {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;

  constructor(code: number | null, stdout: string, stderr: string) {
    super(`the server ended with code ${code} before it was ready:\n${stderr}`);
    this.code = code;
    this.stdout = stdout;
    this.stderr = stderr;
  }
}

const START_MS = 30_000;
const END_MS = 30_000;

function flagsOf(flags: ServerOptions['flags']): string[] {
  if (Array.isArray(flags)) return [...flags];
  return Object.entries(flags).flatMap(([key, value]) => [`--${flagName(key)}`, String(value)]);
}

/** What is given for a flag, or a default, which is then added. */
function settled(flags: string[], name: string, fallback: string | number): string {
  const at = flags.indexOf(name);
  if (at !== -1) return flags[at + 1] ?? '';
  flags.push(name, String(fallback));
  return String(fallback);
}

/** Loopback, for an address that stands for all. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

/**
 * Starts `redirector serve` and resolves when /readyz says that it serves. It ends with this process at the latest.
 * @throws StartError when it ends before that
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const flags = flagsOf(options.flags);
  const host = settled(flags, '--host', '127.0.0.1');
  const port = settled(flags, '--port', await freePort());
  const adminHost = settled(flags, '--admin-host', '127.0.0.1');
  const adminPort = settled(flags, '--admin-port', await freePort());
  const tokenAt = flags.indexOf('--admin-token');
  const headers: Record<string, string> =
    tokenAt === -1 ? {} : { authorization: `Bearer ${flags[tokenAt + 1]}` };

  const logs = temporaryDirectory('server');
  const cwd = options.cwd ?? logs;
  const log = join(logs, 'stderr');
  const output = options.stdout ?? join(logs, 'stdout');
  if (options.stdout === undefined) writeFileSync(output, '');
  const child = spawnGuarded(process.execPath, [bin, 'serve', ...flags], {
    log,
    stdout: output,
    cwd,
    env: { ...cleanEnvironment(), ...options.env },
  });
  const stdout = (): string => (options.stdout === undefined ? readFileSync(output, 'utf8') : '');
  const stderr = (): string => readFileSync(log, 'utf8');
  const url = `http://${reachable(host)}:${port}`;
  const adminUrl = `http://${reachable(adminHost)}:${adminPort}`;

  // Its own word first: on a port that is in use, another server may be the one that is ready.
  const ready = async (): Promise<boolean> =>
    child.exit !== undefined ||
    (stderr().includes('redirector: admin API at') && (await ask(`${adminUrl}/readyz`)).status === 200);
  try {
    await waitFor('the server to be ready', ready, { timeoutMs: START_MS });
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${(error as Error).message}\n${stderr()}`);
  }
  if (child.exit !== undefined) throw new StartError(child.exit.code, stdout(), stderr());

  const stats = async (): Promise<Stats> => {
    const { status, body } = await ask(`${adminUrl}/api/v1/stats`, { headers });
    if (status !== 200) throw new Error(`the stats answered ${status}: ${body}`);
    return JSON.parse(body) as Stats;
  };
  return {
    url,
    adminUrl,
    pid: child.pid,
    cwd,
    stdout,
    stderr,
    stats,
    waitForStats: (description, predicate, timeoutMs = 10_000) =>
      waitFor(description, stats, { until: predicate, timeoutMs }),
    kill: (signal = 'SIGKILL') => child.kill(signal),
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      const exit = await waitFor('the server to end', () => child.exit, { timeoutMs: END_MS }).catch(
        (error: Error) => {
          child.kill('SIGKILL');
          throw new Error(`${error.message}\n${stderr()}`);
        },
      );
      const last = stdout().trimEnd().split('\n').at(-1);
      return { code: exit!.code, lastLine: last ? JSON.parse(last) : undefined };
    },
    exited: () => child.exited(),
  };
}

/** Starts a server that must not start, and gives what it said. Throws when it does start. */
export async function startFails(
  options: ServerOptions,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  let server: RunningServer;
  try {
    server = await startServer(options);
  } catch (error) {
    if (error instanceof StartError) return error;
    throw error;
  }
  server.kill();
  throw new Error('the server started');
}
