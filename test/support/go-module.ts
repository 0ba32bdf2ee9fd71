import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { runGuarded, spawnGuarded } from './guarded.ts';

/**
 * Downloads a Go module's source and gives its folder, which must not be written to.
 * @param module with its version: `github.com/owner/name@v1.2.3`
 * @param directory to work in; nothing is left in it
 * Throws when there is no go, or no network the first time, with the end of that command's output.
 */
export async function goModule(module: string, directory: string): Promise<string> {
  const log = join(directory, 'download.log');
  const download = spawnGuarded('go', ['mod', 'download', '-json', module], { cwd: directory, log });
  const { code } = await download.exited();
  const found = /"Dir": (".*")/.exec(download.logTail(100))?.[1];
  if (code === 127) throw new Error(`${module} needs Go, and there is no "go" on the PATH`);
  if (found === undefined) throw new Error(`go could not download ${module}:\n${download.logTail()}`);
  rmSync(log);
  return JSON.parse(found) as string;
}

/**
 * Builds programs of Go modules into a folder, without cgo.
 * @param packages each with its version: `github.com/owner/name/cmd/program@v1.2.3`
 * Throws when there is no go, or no network the first time, with the end of that command's output.
 */
export async function goInstall(packages: string[], directory: string, tags: string[] = []): Promise<void> {
  const log = join(directory, 'build.log');
  const args = ['install', '-tags', tags.join(','), '-ldflags', '-s -w', ...packages];
  await runGuarded('go', args, { log, env: { ...process.env, GOBIN: directory, CGO_ENABLED: '0' } });
  rmSync(log);
}
