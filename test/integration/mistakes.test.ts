import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { SpoolFile } from '../../src/server/sink/spool-file.ts';
import { bin, cleanEnvironment } from '../support/bin.ts';
import { freePort } from '../support/free-port.ts';
import { temporaryDirectory } from '../support/guarded.ts';
import { type Mistake, readMistakes } from '../support/mistake-file.ts';
import { realPart } from '../support/real-parts.ts';
import { sharedKafka } from '../support/shared.ts';

const mistakes = readMistakes(new URL('../cases/mistakes.md', import.meta.url));
const NEEDS_KAFKA = 'Kafka as it is';
const noKafka = await realPart('kafka');

/** What stands for `{name}` in commands and in what is told. */
const places: Record<string, string> = {};

/** Runs the command in a shell that knows `redirector`, in a folder with the case's files. */
async function run({ command, files }: Mistake): Promise<{ told: string; code: number | null }> {
  const cwd = temporaryDirectory('mistake');
  for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, name), content);
  const script = `redirector() { "$NODE" "$BIN" "$@"; }\n${filled(command)}`;
  const child = spawn('/bin/sh', ['-c', script], {
    cwd,
    env: { ...cleanEnvironment(), NODE: process.execPath, BIN: bin },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const code = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { told: stdout + stderr, code: await code };
}

const filled = (template: string): string =>
  template.replace(/\{(\w+)\}/g, (whole, name: string) => places[name] ?? whole);

describe('test/cases/mistakes.md', () => {
  let occupied: Server;
  let spool: SpoolFile;
  const tls = createTlsServer();
  before(async () => {
    occupied = createServer((_, response) =>
      response.writeHead(301, { location: 'https://example.com/' }).end(),
    );
    await new Promise<void>((resolve) => occupied.listen(0, '127.0.0.1', resolve));
    places.usedPort = String((occupied.address() as AddressInfo).port);
    // It closes what does not begin with a handshake, and needs no certificate for that.
    await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
    places.tlsPort = `127.0.0.1:${(tls.address() as AddressInfo).port}`;
    places.closedPort = String(await freePort());
    places.lockedSpool = join(temporaryDirectory('mistake'), 'spool.db');
    spool = new SpoolFile(places.lockedSpool, 'a'.repeat(15));
  });
  after(() => {
    occupied.close();
    tls.close();
    spool.close();
  });

  it('has thirty typical mistakes', () => {
    assert.ok(mistakes.length >= 30, `it has ${mistakes.length}`);
  });

  const check = (mistake: Mistake) =>
    it(`${mistake.section}: ${mistake.title}`, async () => {
      const { told, code } = await run(mistake);
      assert.equal(told, filled(mistake.told));
      assert.equal(code, mistake.code);
    });
  describe('without Kafka', { concurrency: 2 }, () => {
    for (const mistake of mistakes.filter(({ section }) => section !== NEEDS_KAFKA)) check(mistake);
  });
  describe('with Kafka', { skip: noKafka }, () => {
    before(async () => {
      places.broker = (await sharedKafka()).brokers[0]!;
    });
    for (const mistake of mistakes.filter(({ section }) => section === NEEDS_KAFKA)) check(mistake);
  });
});
