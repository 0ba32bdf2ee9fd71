/** A server of our own for one run: `redirector serve` as a child process with the configuration at hand. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { LoadedConfig } from '../src/config.ts';
import { userError } from '../src/errors.ts';
import { envOf, type OptionKey, type OptionValues, optionKeys, optionOf } from '../src/options.ts';
import { guardChild } from './children.ts';
import type { Cleanup } from './cleanup.ts';
import { redirectorBin } from './package-root.ts';
import { AdminClient } from './server-stats.ts';

const HOST = '127.0.0.1';
const READY_WITHIN_MS = 30_000;
const READY_POLL_MS = 50;
/** On top of what the server allows itself for its drain. */
const STOP_MARGIN_MS = 10_000;
const KEPT_LINES = 20;
/** Another process may take a port between our choice and the server's start. */
const PORT_TRIES = 3;

/** The last line of `serve`. */
export interface ShutdownLine {
  readonly event: 'shutdown';
  readonly reason: string;
  readonly lost: number;
  readonly drainSeconds: number;
}

export interface ServerEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** Undefined when the server said nothing of the kind. */
  readonly shutdown: ShutdownLine | undefined;
}

export interface ServerProcess {
  readonly url: string;
  readonly admin: AdminClient;
  /** Bytes of memory in use now; null where the system does not tell, or when it has ended. */
  rssBytes(): number | null;
  /** Undefined while it runs. */
  ended(): ServerEnd | undefined;
  /** Drains and ends it (SIGTERM; killed when that takes too long). May be called twice. */
  stop(): Promise<ServerEnd>;
}

export interface ServerOptions {
  readonly loaded: LoadedConfig;
  /** What this run has otherwise than the configuration says. */
  readonly overrides: Partial<OptionValues>;
  /** Its environment, but for our options. */
  readonly env: NodeJS.ProcessEnv;
  /** Gets every line of its standard output. */
  readonly onLine?: (line: string) => void;
  /** Gets the stopping of the server. */
  readonly cleanup: Cleanup;
  readonly signal: AbortSignal;
}

/**
 * Starts a server on free ports of 127.0.0.1 and waits until it is ready.
 * @throws RedirectorError SERVER_DID_NOT_START with what it said last.
 */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  for (let tries = 1; ; tries++) {
    const server = await launch(options);
    options.cleanup.add('stop the server', () => server.stop());
    const problem = await whenReady(server, options.signal);
    if (problem === undefined) return server;
    await server.stop();
    options.signal.throwIfAborted();
    if (!/port is in use/.test(problem) || tries === PORT_TRIES) {
      throw userError('SERVER_DID_NOT_START', { reason: problem });
    }
  }
}

/** The environment without any option of ours: a child gets exactly what it is given. */
export function withoutOptions(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('REDIRECTOR_')));
}

/**
 * The environment of a server with the same options as `loaded`, but for `overrides` (undefined: not set). Secrets travel
 * so too: on a command line everyone on the machine could read them.
 */
export function serverEnvironment(
  { config, origins }: Pick<LoadedConfig, 'config' | 'origins'>,
  overrides: Partial<OptionValues>,
  env: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  const result = withoutOptions(env);
  for (const key of optionKeys) {
    const given = key in overrides || origins[key] !== 'default';
    const value = key in overrides ? overrides[key as OptionKey] : config[key];
    if (given && value !== undefined) result[envOf(key)] = optionOf(key).type.show(value);
  }
  return result;
}

/** The first problem that a command of ours printed, without its name; undefined when it printed none. */
export function serverProblem(lines: readonly string[]): string | undefined {
  const named = lines.find((line) => line.startsWith('redirector: '))?.slice('redirector: '.length);
  const last = named ?? lines.findLast((line) => line.trim() !== '');
  return last?.trim().replace(/\.$/, '');
}

interface Launched extends ServerProcess {
  readonly stderr: readonly string[];
}

async function launch({ loaded, overrides, env, onLine }: ServerOptions): Promise<Launched> {
  const [port, adminPort] = await freePorts();
  const own = { host: HOST, port, 'admin.host': HOST, 'admin.port': adminPort };
  const noHealth = { 'health.host': undefined, 'health.port': undefined, 'health.metrics': false };
  const child = spawn(process.execPath, [redirectorBin(), 'serve'], {
    env: serverEnvironment(loaded, { ...noHealth, ...overrides, ...own }, env),
    stdio: ['ignore', 'pipe', 'pipe'],
    // In a group of its own: Ctrl-C is for us, and we stop it in order.
    detached: true,
  });
  guardChild(child);
  const stderr: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    stderr.push(line);
    if (stderr.length > KEPT_LINES) stderr.shift();
  });
  let lastLine = '';
  createInterface({ input: child.stdout }).on('line', (line) => {
    lastLine = line;
    onLine?.(line);
  });
  let end: ServerEnd | undefined;
  const closed = new Promise<ServerEnd>((resolve) => {
    const ended = (code: number | null, signal: string | null): void => {
      end ??= { code, signal, shutdown: shutdownOf(lastLine) };
      resolve(end);
    };
    child.once('error', (error) => {
      stderr.push(error.message);
      ended(null, null);
    });
    child.once('close', ended);
  });
  const { config } = loaded;
  return {
    stderr,
    url: `http://${HOST}:${port}`,
    admin: new AdminClient(`http://${HOST}:${adminPort}`, config['admin.token']),
    rssBytes: () => rssOf(child),
    ended: () => end,
    async stop() {
      if (end !== undefined) return end;
      child.kill('SIGTERM');
      const patience = config['shutdown.grace'] + config['shutdown.deadline'] + STOP_MARGIN_MS;
      const timer = setTimeout(() => child.kill('SIGKILL'), patience);
      try {
        return await closed;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** Undefined once it is ready; else why it will not be. */
async function whenReady(server: Launched, signal: AbortSignal): Promise<string | undefined> {
  const deadline = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const end = server.ended();
    if (end !== undefined) return serverProblem(server.stderr) ?? endOf(end);
    if (await server.admin.ready()) return undefined;
    if (signal.aborted) return 'interrupted';
    if (performance.now() > deadline) {
      const said = serverProblem(server.stderr);
      return `it was not ready within ${READY_WITHIN_MS / 1000} s${said === undefined ? '' : `; it said "${said}"`}`;
    }
    await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
  }
}

const endOf = ({ code, signal }: ServerEnd): string =>
  signal === null ? `exit code ${code}` : `ended by ${signal}`;

function shutdownOf(line: string): ShutdownLine | undefined {
  try {
    const document = JSON.parse(line) as ShutdownLine | null;
    return document?.event === 'shutdown' ? document : undefined;
  } catch {
    return undefined;
  }
}

function rssOf(child: ChildProcess): number | null {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null; // no /proc on this system, or no such process any more
  }
}

/** Two ports of 127.0.0.1 that nothing listens on; bound together, so that they differ. */
async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()];
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject);
          server.listen(0, HOST, () => resolve((server.address() as { port: number }).port));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return [ports[0]!, ports[1]!];
}
