import { execFileSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../test/support/free-port.ts';
import { type Peer, PeerUnavailable } from './peer.ts';
import { startPeerProcess } from './process.ts';

const script = fileURLToPath(new URL('nginx/run.sh', import.meta.url));
/** Where Debian has its servers, which is not on every user's PATH. */
const PATH = `${process.env.PATH}:/usr/sbin`;

/** What takes nginx's log to Kafka: the programs that it needs, and Debian's packages of them. */
const logs = {
  none: { programs: ['nginx'], packages: 'nginx-light' },
  kcat: { programs: ['nginx', 'kcat'], packages: 'nginx-light kcat' },
  rsyslog: { programs: ['nginx', 'rsyslogd'], packages: 'nginx-light rsyslog rsyslog-kafka' },
} as const;

/** nginx's `return 301`: without a log, or with one in a file that kcat follows, or by syslog to rsyslog's omkafka. */
export const nginx = (name: string, log: keyof typeof logs): Peer => ({
  name,
  recordFields: log === 'none' ? 0 : 10,
  async build() {
    const { programs, packages } = logs[log];
    for (const program of programs) {
      try {
        execFileSync('/bin/sh', ['-c', `command -v ${program}`], { env: { PATH }, stdio: 'ignore' });
      } catch {
        throw new PeerUnavailable(`there is no ${program} (Debian: apt-get install ${packages})`);
      }
    }
  },
  start: async ({ port, brokers, topic, core }) =>
    startPeerProcess({
      command: script,
      args: [log, `${port}`, `${await freePort()}`, brokers.join(','), topic],
      port,
      core,
    }),
});
