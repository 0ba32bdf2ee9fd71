/**
 * `npm run reloads`: rules that are replaced again and again under a steady load, and whether every answer is wholly of rules that
 * were in force while it was asked for. Exit code 1 when one is not, or a request fails.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { temporaryDirectory } from '../support/guarded.ts';
import { startServer } from '../support/server.ts';

const { values } = parseArgs({
  options: {
    reloads: { type: 'string', default: '50' },
    rps: { type: 'string', default: '10000' },
    rules: { type: 'string', default: '1000' },
    listeners: { type: 'string', default: '1' },
  },
});
const reloads = Number(values.reloads);
const rps = Number(values.rps);
const paths = Number(values.rules);
const CONNECTIONS = 64;
const TICK_MS = 1;
const BETWEEN_MS = 200;

const file = join(temporaryDirectory('reloads'), 'rules.json');
/** Each answer tells its version twice: by its target, and by its status. */
const statusOf = (version: number): number => (version % 2 === 0 ? 302 : 301);
function install(version: number): void {
  const rules = Array.from({ length: paths }, (_, at) => ({
    path: `/${at}`,
    target: `https://example.com/v${version}/${at}`,
    status: statusOf(version),
  }));
  writeFileSync(`${file}.new`, JSON.stringify({ rules }));
  renameSync(`${file}.new`, file);
}

/** Of the rules that are surely in force, and of those that may be. */
let oldest = 1;
let newest = 1;
let sent = 0;
let answered = 0;
const faults: string[] = [];
let isOver = false;

interface Asked {
  readonly path: number;
  readonly oldest: number;
}

class Client {
  readonly #asked: Asked[] = [];
  readonly #socket: Socket;
  #text = '';

  constructor(port: number) {
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true });
    this.#socket.on('data', (chunk) => this.#read(chunk.toString('latin1')));
    this.#socket.on('close', () => {
      if (!isOver) faults.push('a connection was closed');
    });
    this.#socket.on('error', () => {});
  }

  get isFree(): boolean {
    return this.#asked.length === 0;
  }

  ask(path: number): void {
    this.#asked.push({ path, oldest });
    sent++;
    this.#socket.write(`GET /${path} HTTP/1.1\r\nHost: reloads\r\n\r\n`);
  }

  #read(text: string): void {
    this.#text += text;
    for (let end = this.#text.indexOf('\r\n\r\n'); end !== -1; end = this.#text.indexOf('\r\n\r\n')) {
      const head = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + 4);
      const { path, oldest: least } = this.#asked.shift()!;
      const [, status, version, at] =
        /^HTTP\/1\.1 (\d+) [\s\S]*\r\nLocation: https:\/\/example\.com\/v(\d+)\/(\d+)\r\n/.exec(head) ?? [];
      const isExplained =
        Number(at) === path &&
        Number(status) === statusOf(Number(version)) &&
        Number(version) >= least &&
        Number(version) <= newest;
      if (!isExplained) faults.push(`${path}, of ${least} to ${newest}: ${head}`);
      answered++;
    }
  }

  end(): void {
    this.#socket.destroy();
  }
}

install(1);
const server = await startServer({ flags: { rules: file, listeners: values.listeners } });
try {
  const port = Number(new URL(server.url).port);
  const clients = Array.from({ length: CONNECTIONS }, () => new Client(port));
  const started = performance.now();
  let next = 0;
  const timer = setInterval(() => {
    const due = ((performance.now() - started) / 1000) * rps;
    // One request a connection at a time: what cannot be sent now is sent with the next look.
    for (const client of clients) if (sent < due && client.isFree) client.ask(next++ % paths);
  }, TICK_MS);
  for (let version = 2; version <= reloads + 1; version++) {
    await sleep(BETWEEN_MS);
    newest = version;
    install(version);
    server.kill('SIGHUP');
    await server.waitForStats(`version ${version} in every listener`, ({ listeners, rules }) =>
      [rules.version, ...listeners.map(({ rulesVersion }) => rulesVersion)].every((one) => one === version),
    );
    oldest = version;
  }
  clearInterval(timer);
  const seconds = (performance.now() - started) / 1000;
  while (answered < sent && faults.length === 0) await sleep(10);
  isOver = true;
  for (const client of clients) client.end();
  const { code, lastLine } = await server.stop();
  process.stdout.write(
    `${JSON.stringify({ reloads, rules: paths, sent, answered, rps: Math.round(sent / seconds), faults: faults.length, offered: lastLine.ledger.offered, lost: lastLine.lost })}\n`,
  );
  for (const fault of faults.slice(0, 5)) process.stdout.write(`${fault}\n`);
  if (faults.length > 0 || code !== 0 || lastLine.ledger.offered !== answered) process.exitCode = 1;
} finally {
  server.kill();
}
