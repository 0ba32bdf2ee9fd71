import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildProgram } from './built-program.ts';
import type { Peer, PeerOptions, RunningPeer } from './peer.ts';
import { startPeerProcess } from './process.ts';

const sources = fileURLToPath(new URL('go', import.meta.url));
const PROGRAM = 'redirector-go';

export interface GoProgramOptions extends PeerOptions {
  /** The two strings that the program writes into every record; its own names for them when left out. */
  runtimeParam?: string;
  asyncParam?: string;
  /** Reads delivery reports, so that no loss goes uncounted, is idempotent, and writes all fields. */
  repaired?: boolean;
}

/** Go's net/http and librdkafka: answers after it queued `{"runtime_param", "async_param", "remote_address"}`. */
export const go: Peer = {
  name: 'go',
  recordFields: 3,
  build: async () => {
    await buildGoProgram();
  },
  start: (options) => startGoProgram(options),
};

/** The same program with what the plain one leaves out: delivery reports, idempotence, all fields. */
export const goRepaired: Peer = {
  ...go,
  name: 'go-repaired',
  recordFields: 10,
  start: (options) => startGoProgram({ ...options, repaired: true }),
};

/**
 * Starts the Go program, building it first where needed, for a test that compares records byte by byte.
 * Rejects with PeerUnavailable without Go or a C compiler.
 */
export async function startGoProgram(options: GoProgramOptions): Promise<RunningPeer> {
  const { port, brokers, topic, core, runtimeParam, asyncParam, repaired } = options;
  const program = await buildGoProgram();
  return startPeerProcess({
    command: program,
    args: [
      `-listen=127.0.0.1:${port}`,
      `-brokers=${brokers.join(',')}`,
      `-topic=${topic}`,
      ...(runtimeParam === undefined ? [] : [`-runtime-param=${runtimeParam}`]),
      ...(asyncParam === undefined ? [] : [`-async-param=${asyncParam}`]),
      ...(repaired ? ['-repaired'] : []),
    ],
    port,
    core,
    // On one core Go would choose this by itself where it can see the affinity; saying it makes it so everywhere.
    env: core === undefined ? {} : { GOMAXPROCS: '1' },
  });
}

/** The path of the Go program, built where it is not there yet. Rejects with PeerUnavailable when it cannot be built. */
export const buildGoProgram = (): Promise<string> =>
  buildProgram({
    name: 'peer-go',
    sources,
    files: ['go.mod', 'go.sum', 'main.go'],
    program: PROGRAM,
    command: 'go',
    args: (folder) => [
      'build',
      '-mod=readonly',
      '-trimpath',
      '-buildvcs=false',
      '-o',
      join(folder, PROGRAM),
      '.',
    ],
    // librdkafka is linked through cgo; without CGO_ENABLED a missing C compiler shows as missing Go symbols.
    env: { CGO_ENABLED: '1' },
    needs: 'Go 1.24 or later and a C compiler',
  });
