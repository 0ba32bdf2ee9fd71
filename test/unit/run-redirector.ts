/** Runs bin/redirector.js as a user does, and gives what it said. */
import { spawn, spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { bin, cleanEnvironment } from '../support/bin.ts';

export { bin };

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

export interface RunOptions {
  /** Added to the environment, from which REDIRECTOR_* and colour settings are taken out. */
  readonly env?: Readonly<Record<string, string>>;
  /** The Node to run it with; this one by default. */
  readonly node?: string;
  readonly nodeArguments?: readonly string[];
  readonly script?: string;
  /** What it reads on standard input; nothing by default. */
  readonly input?: string;
  /** The folder in which it runs; ours by default. */
  readonly cwd?: string;
  /** Closes our end of its standard output at once, as `| head -0` does. */
  readonly closeStdout?: boolean;
}

/** Resolves when it has ended, whatever its exit code. */
export function redirector(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const { promise, resolve, reject } = Promise.withResolvers<Run>();
  const started = performance.now();
  const child = spawn(
    options.node ?? process.execPath,
    [...(options.nodeArguments ?? []), options.script ?? bin, ...args],
    { cwd: options.cwd, env: { ...cleanEnvironment(), ...options.env }, stdio: ['pipe', 'pipe', 'pipe'] },
  );
  const said = { stdout: '', stderr: '' };
  child.stdin.on('error', () => {}); // it need not read
  child.stdin.end(options.input);
  if (options.closeStdout) child.stdout.destroy();
  else child.stdout.setEncoding('utf8').on('data', (text) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (said.stderr += text));
  child.on('error', reject);
  child.on('close', (code) => resolve({ code, ...said, milliseconds: performance.now() - started }));
  return promise;
}

/** The Nodes on PATH that are too old for Redirector. */
export function oldNodes(): string[] {
  const candidates = (process.env.PATH ?? '').split(delimiter).map((directory) => join(directory, 'node'));
  return [...new Set(candidates)].filter((node) => {
    const { stdout } = spawnSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' });
    const found = /^(\d+)\.(\d+)\./.exec(stdout ?? ''); // null where there is no such program
    return found !== null && (Number(found[1]) < 24 || (found[1] === '24' && Number(found[2]) < 12));
  });
}
