import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Peer } from './peer.ts';
import { startPeerProcess } from './process.ts';

/** Express 5 alone: 301 with a Location, no log. What any server on Express costs at least. */
export const expressBare: Peer = {
  name: 'express-bare',
  recordsExpected: false,
  build: async () => {},
  start: ({ port, core }) =>
    startPeerProcess({
      command: process.execPath,
      args: [fileURLToPath(new URL('express-bare-server.ts', import.meta.url)), `${port}`],
      port,
      core,
      recordsExpected: false,
    }),
};
