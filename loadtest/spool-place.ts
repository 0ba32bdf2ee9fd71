/** Records in a spool, read back by `redirector spool export`, and records that a server writes to standard output. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { redirectorBin } from './package-root.ts';
import type { RecordPlace } from './record-place.ts';
import { RecordTally } from './record-tally.ts';
import { serverProblem, withoutOptions } from './server-process.ts';

/** A spool; without `path` a temporary one, in a folder of its own that `remove` deletes. */
export function spoolPlace(run: string, everyRecord: boolean, path?: string): RecordPlace {
  let folder = path === undefined ? mkdtempSync(join(tmpdir(), 'redirector-loadtest-')) : undefined;
  const name = path ?? join(folder!, 'spool.db');
  return {
    kind: 'spool',
    name,
    async prepare() {},
    async count() {
      const tally = new RecordTally(run, everyRecord);
      const child = spawn(process.execPath, [redirectorBin(), 'spool', 'export', '--spool-path', name], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: withoutOptions(process.env),
      });
      const problems: string[] = [];
      createInterface({ input: child.stderr }).on('line', (line) => problems.push(line));
      const code = new Promise<number | null>((resolve, reject) => {
        child.once('error', reject);
        child.once('close', resolve);
      });
      for await (const line of createInterface({ input: child.stdout })) tally.add(line);
      if ((await code) !== 0)
        throw new Error(serverProblem(problems) ?? `its export ended with ${await code}`);
      return tally;
    },
    async remove() {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
      folder = undefined;
    },
  };
}

/** The standard output of a server of our own; hand each of its lines to `add` as it comes. */
export function stdoutPlace(
  run: string,
  everyRecord: boolean,
): RecordPlace & { readonly add: (line: string) => void } {
  const tally = new RecordTally(run, everyRecord);
  return {
    kind: 'stdout',
    name: 'stdout',
    async prepare() {},
    // The server says other things there as well; every record is JSON with the client's address.
    add: (line) => {
      if (line.startsWith('{') && line.includes('"remote_address":')) tally.add(line);
    },
    count: async () => tally,
    async remove() {},
  };
}
