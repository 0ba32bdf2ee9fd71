import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { cacheDirectory, cached } from '../../test/support/cache.ts';
import { PeerUnavailable } from './peer.ts';
import { lastLines } from './process.ts';

/** A build with nothing else on the machine takes a minute; with everything else on it, many. */
const BUILD_DEADLINE_MS = 30 * 60_000;

/** How to make a peer's program from sources in the repository. */
export interface BuiltProgram {
  /** Of the folder in the cache, which also has a hash of the sources. */
  name: string;
  sources: string;
  /** The files under `sources` that the program depends on. */
  files: readonly string[];
  /** The file to be made in the folder. */
  program: string;
  command: string;
  args(folder: string): string[];
  env?: Readonly<Record<string, string>>;
  /** What to do in the folder after the command. */
  finish?(folder: string): void;
  /** What has to be installed. */
  needs: string;
}

/**
 * Builds a program into the cache folder, named by a hash of its sources, and returns its path. Nothing is done when it is there
 * already. Rejects with PeerUnavailable when it cannot be built.
 */
export async function buildProgram(build: BuiltProgram): Promise<string> {
  const folder = await cached(cacheKey(build), (directory) => run(build, directory));
  return join(folder, build.program);
}

/** Whether it is in the cache already. */
export const isBuilt = (build: BuiltProgram): boolean => existsSync(join(cacheDirectory(), cacheKey(build)));

function cacheKey({ name, sources, files }: BuiltProgram): string {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}`);
  for (const file of files) hash.update(readFileSync(join(sources, file)));
  return `${name}-${hash.digest('hex').slice(0, 16)}`;
}

async function run({ command, args, env, sources, finish, needs }: BuiltProgram, folder: string) {
  try {
    await promisify(execFile)(command, args(folder), {
      cwd: sources,
      env: { ...process.env, ...env },
      timeout: BUILD_DEADLINE_MS,
      maxBuffer: 2 ** 26,
    });
  } catch (error) {
    throw new PeerUnavailable(whyNotBuilt(command, needs, error as BuildError));
  }
  finish?.(folder);
}

type BuildError = NodeJS.ErrnoException & { stderr?: string; killed?: boolean };

function whyNotBuilt(command: string, needs: string, error: BuildError): string {
  if (error.code === 'ENOENT') return `${command} is not installed: install ${needs}`;
  if (error.killed) return `"${command} build" took longer than ${BUILD_DEADLINE_MS / 60_000} minutes`;
  return `"${command} build" failed (it needs ${needs}): ${lastLines(error.stderr ?? '') || error.message}`;
}
