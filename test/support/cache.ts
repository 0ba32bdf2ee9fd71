import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { waitFor } from './wait-for.ts';

const LONGEST_BUILD_MS = 40 * 60_000;

/** The folder for what is downloaded and built for tests: outside the tree, shared by all checkouts of this user. */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  if (env.REDIRECTOR_CACHE) return env.REDIRECTOR_CACHE;
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'redirector');
}

/**
 * The cache's folder for `key`, which names a thing AND its version. When it is not there, `build` fills a new folder, which
 * then gets its name in one step: a build that fails or is killed leaves nothing that looks finished. Of several processes
 * one builds and the others wait for it.
 */
export async function cached(key: string, build: (directory: string) => Promise<void>): Promise<string> {
  const cache = cacheDirectory();
  const finished = join(cache, key);
  if (existsSync(finished)) return finished;
  mkdirSync(cache, { recursive: true });
  using _lock = await lock(join(cache, `.${key}.lock`), `another process to finish building ${key}`);
  if (existsSync(finished)) return finished;
  const unfinished = `.${key}.building-`;
  // We hold the lock, so these belong to builds that were killed.
  for (const name of readdirSync(cache))
    if (name.startsWith(unfinished)) rmSync(join(cache, name), { recursive: true });
  const directory = mkdtempSync(join(cache, unfinished));
  try {
    await build(directory);
    renameSync(directory, finished);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return finished;
}

/** A lock that dies with its process, however that ends: SQLite's, as it needs no tool that some system lacks. */
async function lock(path: string, description: string): Promise<Disposable> {
  const database = new DatabaseSync(path, { timeout: 0 });
  await waitFor(
    description,
    () => {
      database.exec('BEGIN EXCLUSIVE');
      return true;
    },
    { timeoutMs: LONGEST_BUILD_MS, intervalMs: 250 },
  );
  return { [Symbol.dispose]: () => database.close() };
}
