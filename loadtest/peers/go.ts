import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cached } from '../../test/support/cache.ts';
import { type Peer, type PeerOptions, PeerUnavailable, type RunningPeer } from './peer.ts';
import { lastLines, startPeerProcess } from './process.ts';

const sources = fileURLToPath(new URL('go', import.meta.url));
const PROGRAM = 'redirector-go';
const BUILD_DEADLINE_MS = 10 * 60_000;

/** The two strings that the Go program writes into every record; its own names for them when left out. */
export interface GoRecordStrings {
  runtimeParam?: string;
  asyncParam?: string;
}

/** Go's net/http and librdkafka: answers after it queued `{"runtime_param", "async_param", "remote_address"}`. */
export const go: Peer = {
  name: 'go',
  recordsExpected: true,
  build: async () => {
    await buildGoProgram();
  },
  start: (options) => startGoProgram(options),
};

/**
 * Starts the Go program, building it first where needed, for a test that compares records byte by byte.
 * Rejects with PeerUnavailable without Go or a C compiler.
 */
export async function startGoProgram(options: PeerOptions & GoRecordStrings): Promise<RunningPeer> {
  const { port, brokers, topic, core, runtimeParam, asyncParam } = options;
  const program = await buildGoProgram();
  return startPeerProcess({
    command: program,
    args: [
      `-listen=127.0.0.1:${port}`,
      `-brokers=${brokers.join(',')}`,
      `-topic=${topic}`,
      ...(runtimeParam === undefined ? [] : [`-runtime-param=${runtimeParam}`]),
      ...(asyncParam === undefined ? [] : [`-async-param=${asyncParam}`]),
    ],
    port,
    core,
    // On one core Go would choose this by itself where it can see the affinity; saying it makes it so everywhere.
    env: core === undefined ? {} : { GOMAXPROCS: '1' },
    recordsExpected: true,
  });
}

/**
 * Builds the Go program into the cache folder, named by a hash of its sources, and returns its path. Nothing is done
 * when it is there already. Rejects with PeerUnavailable when it cannot be built.
 */
export async function buildGoProgram(): Promise<string> {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}`);
  for (const file of ['go.mod', 'go.sum', 'main.go']) hash.update(readFileSync(join(sources, file)));
  const folder = await cached(`peer-go-${hash.digest('hex').slice(0, 16)}`, goBuild);
  return join(folder, PROGRAM);
}

async function goBuild(folder: string): Promise<void> {
  try {
    await promisify(execFile)(
      'go',
      ['build', '-mod=readonly', '-trimpath', '-buildvcs=false', '-o', join(folder, PROGRAM), '.'],
      // librdkafka is linked through cgo; without CGO_ENABLED a missing C compiler shows as missing Go symbols.
      { cwd: sources, env: { ...process.env, CGO_ENABLED: '1' }, timeout: BUILD_DEADLINE_MS },
    );
  } catch (error) {
    throw new PeerUnavailable(
      whyNotBuilt(error as NodeJS.ErrnoException & { stderr?: string; killed?: boolean }),
    );
  }
}

function whyNotBuilt(error: NodeJS.ErrnoException & { stderr?: string; killed?: boolean }): string {
  if (error.code === 'ENOENT') return 'Go is not installed: install Go 1.24 or later and a C compiler';
  if (error.killed) return `"go build" took longer than ${BUILD_DEADLINE_MS / 60_000} minutes`;
  const output = error.stderr ?? '';
  if (/C compiler .* not found/.test(output))
    return 'cgo finds no C compiler: install gcc (librdkafka needs cgo)';
  return `"go build" failed: ${lastLines(output) || error.message}`;
}
