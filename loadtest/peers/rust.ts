import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuiltProgram, buildProgram, isBuilt } from './built-program.ts';
import type { Peer } from './peer.ts';
import { startPeerProcess } from './process.ts';

const sources = fileURLToPath(new URL('rust', import.meta.url));
const PROGRAM = 'redirector-rust';

const program: BuiltProgram = {
  name: 'peer-rust',
  sources,
  files: ['Cargo.toml', 'Cargo.lock', 'src/main.rs'],
  program: PROGRAM,
  command: 'cargo',
  args: (folder) => ['build', '--release', '--locked', '--target-dir', join(folder, 'target')],
  finish: (folder) => {
    renameSync(join(folder, 'target', 'release', PROGRAM), join(folder, PROGRAM));
    // All that it was built from is hundreds of MB.
    rmSync(join(folder, 'target'), { recursive: true });
  },
  needs: 'Rust 1.85 or later, a C compiler and make',
};

/** It is in the cache. */
export const rustIsBuilt = (): boolean => isBuilt(program);

/** Rust's hyper and librdkafka, idempotent, with delivery reports: answers once the record is queued. */
export const rust: Peer = {
  name: 'rust',
  recordFields: 10,
  build: async () => {
    await buildProgram(program);
  },
  start: async ({ port, brokers, topic, core }) =>
    startPeerProcess({
      command: await buildProgram(program),
      args: [`${port}`, brokers.join(','), topic],
      port,
      core,
    }),
};
