import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../test/support/free-port.ts';
import { type Peer, PeerUnavailable } from './peer.ts';
import { startPeerProcess } from './process.ts';
import { tracingEnvironment } from './tracing-environment.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface RedirectorOptions {
  /** Traced; without it nothing of OpenTelemetry is loaded. */
  sampleRatio?: number | undefined;
  /** More flags, asked for at each start. */
  flags?: () => Record<string, string>;
  /** As a package has it, compiled; else as the checkout has it. */
  compiled?: boolean;
}

/** This repository's own server, with its defaults; records go to Kafka. */
export const redirector = (
  name: string,
  { sampleRatio, flags: moreFlags = () => ({}), compiled = false }: RedirectorOptions = {},
): Peer => ({
  name,
  recordFields: 11,
  sampleRatio,

  async build() {
    const main = ['src/cli/main.ts', 'dist/src/cli/main.js'].find((path) => existsSync(`${root}${path}`));
    if (main === undefined) throw new PeerUnavailable('this checkout has no src/cli/main.ts to run');
    if (compiled) execFileSync(process.execPath, [`${root}scripts/build.ts`], { stdio: ['ignore', 2, 2] });
  },

  async start({ port, brokers, topic, collector, core }) {
    const adminPort = await freePort();
    const flags = {
      host: '127.0.0.1',
      port,
      'admin-port': adminPort,
      brokers: brokers.join(','),
      topic,
      target: 'http://google.com/',
      ...moreFlags(),
    };
    const adminUrl = `http://127.0.0.1:${adminPort}`;
    const running = await startPeerProcess({
      // The Node that runs this, not the one on PATH: bin/redirector.js starts a second process under an older one.
      command: process.execPath,
      args: [
        `${root}${compiled ? 'dist/src/cli/main.js' : 'bin/redirector.js'}`,
        'serve',
        ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, `${value}`]),
      ],
      port,
      core,
      env: tracingEnvironment(sampleRatio, collector),
      isReady: () => answersOk(`${adminUrl}/readyz`),
    });
    return { ...running, adminUrl };
  },
});

async function answersOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}
