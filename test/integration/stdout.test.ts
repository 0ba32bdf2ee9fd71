import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ShutdownReport } from '../../src/server/shutdown.ts';
import { ask } from '../support/http-client.ts';
import { namedPipe } from '../support/named-pipe.ts';
import { get, rawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { type ClickRecord, sequencesOf } from '../support/spool.ts';
import { waitFor } from '../support/wait-for.ts';

const target = 'https://example.com/';
const linesOf = <T>(text: string): T[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

/** Sends `count` requests over one connection and waits for every answer. */
async function clicks(server: RunningServer, count: number): Promise<void> {
  const client = await rawClient(server.url);
  client.send(get('/', `Referer: https://from.example/${'x'.repeat(200)}\r\n`).repeat(count));
  await client.answers(count);
  client.socket.destroy();
}

describe('records on standard output', () => {
  test('are JSON lines in a file, and the line of the shutdown is the last', async () => {
    const server = await startServer({ flags: { target, sink: 'stdout' } });
    await clicks(server, 500);
    await server.waitForStats('all to be delivered', ({ ledger }) => ledger.delivered === 500);
    const { code, lastLine } = await server.stop();
    assert.equal(code, 0);
    const lines = linesOf<ClickRecord>(server.stdout());
    assert.equal(lines.length, 501);
    assert.deepEqual(sequencesOf(lines.slice(0, 500)), upTo(500));
    assert.equal(lastLine.event, 'shutdown');
    assert.equal(lastLine.ledger.delivered, 500);
    assert.equal(lastLine.ledger.unaccounted, 0);
  });

  test('are all written to a pipe before the end, those of the drain too', async () => {
    const pipe = namedPipe();
    const server = await startServer({ flags: { target, sink: 'stdout', linger: '5s' }, stdout: pipe.path });
    await clicks(server, 100);
    server.kill('SIGTERM');
    await server.exited();
    const lines = linesOf<ClickRecord | ShutdownReport>(pipe.read());
    assert.deepEqual(sequencesOf(lines.slice(0, 100) as ClickRecord[]), upTo(100));
    assert.equal((lines[100] as ShutdownReport).ledger.delivered, 100);
    pipe.close();
  });

  test('that nobody reads make drops, never a stalled answer, and the server ends by its deadline', async () => {
    const pipe = namedPipe();
    const server = await startServer({
      flags: { target, sink: 'stdout', 'queue.maxBytes': '1MiB', 'shutdown.deadline': '1s' },
      stdout: pipe.path,
    });
    for (let round = 0; round < 10; round++) await clicks(server, 1000);
    const { ledger, queue, requests, sink } = await server.waitForStats(
      'every answer to be on record',
      (stats) => stats.ledger.offered === 10_000 && stats.ledger.unaccounted === 0,
    );
    assert.equal(requests.total, 10_000);
    assert.ok((ledger.dropped.queue_full ?? 0) > 1000);
    assert.equal(ledger.unaccounted, 0);
    assert.ok(queue.bytes > 0 && queue.bytes <= queue.maxBytes);
    assert.equal(queue.maxBytes, 2 ** 20);
    assert.equal(sink.kind, 'stdout');
    assert.equal((await ask(server.url)).status, 301);

    server.kill('SIGTERM');
    const { code } = await waitFor('the end', () => server.exited(), { timeoutMs: 20_000 });
    assert.equal(code, 0);
    // Its reader does not read, so the line stands where somebody may.
    const line = server
      .stderr()
      .split('\n')
      .find((text) => text.includes('"event":"shutdown"'));
    const report = JSON.parse(line ?? '') as ShutdownReport;
    const dropped = Object.values(report.ledger.dropped).reduce((sum, count) => sum + count, 0);
    assert.equal(report.ledger.offered, 10_001);
    assert.equal(report.ledger.delivered + dropped, 10_001);
    assert.equal(report.ledger.unaccounted, 0);
    assert.equal(report.lost, dropped);
    assert.ok((report.ledger.dropped.shutdown_deadline ?? 0) > 0);
    pipe.close();
  });

  test('go on whole when a reader reads again, and drops leave gaps in the ids and nothing else', async () => {
    const pipe = namedPipe();
    const server = await startServer({
      flags: { target, sink: 'stdout', 'queue.maxBytes': '1MiB' },
      stdout: pipe.path,
    });
    for (let round = 0; round < 10; round++) await clicks(server, 1000);
    let text = '';
    const { ledger } = await server.waitForStats('all to be settled', ({ ledger: now }) => {
      text += pipe.read();
      return now.offered === 10_000 && now.queued + now.inFlight + now.unaccounted === 0;
    });
    text += pipe.read();
    const sequences = sequencesOf(linesOf<ClickRecord>(text));
    assert.equal(sequences.length, ledger.delivered);
    assert.equal(ledger.delivered + (ledger.dropped.queue_full ?? 0), 10_000);
    assert.deepEqual(
      sequences,
      [...new Set(sequences)].sort((a, b) => a - b),
    );
    await clicks(server, 10);
    await server.waitForStats('new records', (stats) => stats.ledger.delivered === ledger.delivered + 10);
    const after = sequencesOf(linesOf<ClickRecord>(pipe.read()));
    assert.deepEqual(
      after,
      upTo(10).map((n) => 10_000 + n),
    );
    server.kill('SIGTERM');
    await server.exited();
    pipe.close();
  });

  test('that were cut off by the deadline leave the line of the shutdown whole', async () => {
    const pipe = namedPipe();
    const server = await startServer({
      flags: { target, sink: 'stdout', 'queue.maxBytes': '1MiB', 'shutdown.deadline': '1s' },
      stdout: pipe.path,
    });
    for (let round = 0; round < 3; round++) await clicks(server, 1000);
    server.kill('SIGTERM');
    await waitFor('the drain to be over', () =>
      ask(`${server.adminUrl}/livez`).then(
        () => false,
        () => true,
      ),
    );
    let text = '';
    await waitFor('the end', () => {
      text += pipe.read();
      return server.exited();
    });
    text += pipe.read();
    const said = `${text}\n${server.stderr()}`.split('\n'); // in the latter, where this reader came too late
    const report = JSON.parse(
      said.find((line) => line.startsWith('{"event":"shutdown"')) ?? '',
    ) as ShutdownReport;
    assert.ok(report.ledger.unconfirmed > 0);
    assert.equal(report.ledger.unaccounted, 0);
    pipe.close();
  });

  test('whose reader is gone are counted as rejected, and answers go on', async () => {
    const pipe = namedPipe();
    const server = await startServer({ flags: { target, sink: 'stdout' }, stdout: pipe.path });
    pipe.close();
    await clicks(server, 10);
    const { ledger, sink } = await server.waitForStats(
      'the records to be settled',
      (stats) => stats.ledger.dropped.rejected === 10 && stats.sink.state !== 'connected',
    );
    assert.deepEqual(ledger.dropped, { rejected: 10 });
    assert.equal(ledger.unaccounted, 0);
    assert.equal(sink.state, 'degraded');
    assert.match(sink.lastError ?? '', /^Standard output cannot be written: .*\.$/);
    await clicks(server, 10);
    assert.equal((await ask(`${server.adminUrl}/readyz`)).status, 200);
    server.kill('SIGTERM');
    assert.equal((await server.exited()).code, 0);
  });
});
