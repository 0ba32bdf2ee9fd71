import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { click } from '../support/clicks.ts';
import { freePort } from '../support/free-port.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { exportSpool, sequencesOf } from '../support/spool.ts';

/** Records of three kilobytes: a small queue is soon full. */
const target = `https://example.com/${'long/'.repeat(600)}`;
const spoolOf = (server: RunningServer): string => join(server.cwd, 'redirector-spool.db');

/** Clicks until something has been dropped for `reason`. */
async function clickUntilDropped(server: RunningServer, reason: 'spool_error' | 'spool_full'): Promise<void> {
  for (;;) {
    await click(server.url, 200);
    const { ledger } = await server.stats();
    if ((ledger.dropped[reason] ?? 0) > 0) return;
  }
}

describe('a spool that cannot be written', () => {
  test('is a named error and, once the queue is full, drops of that name; answers go on, and what waits is kept', async () => {
    const server = await startServer({ flags: { target, 'queue.maxBytes': '1MiB' } });
    await click(server.url, 10);
    await server.waitForStats('the first records', ({ ledger }) => ledger.spooled === 10);
    const other = new DatabaseSync(spoolOf(server));
    other.exec('BEGIN IMMEDIATE'); // as a back-up that does not end
    await clickUntilDropped(server, 'spool_error');
    const { sink, spool } = await server.waitForStats(
      'it to be told',
      (stats) => stats.sink.state === 'degraded',
    );
    assert.match(sink.lastError ?? '', /^The spool cannot be written: database is locked\.$/);
    assert.equal(spool.lastError, sink.lastError);
    other.exec('ROLLBACK');
    other.close();
    await server.waitForStats(
      'all to be in it',
      ({ ledger, sink: { state } }) => state === 'connected' && ledger.queued + ledger.inFlight === 0,
    );
    await click(server.url, 10);
    const { code, lastLine } = await server.stop();
    assert.equal(code, 0);
    const { offered, spooled, dropped, unaccounted } = lastLine.ledger;
    // Of a queue that is full before the trouble is known, the reason is that it is full.
    const { queue_full: early = 0, ...others } = dropped;
    assert.deepEqual(Object.keys(others), ['spool_error']);
    assert.equal(spooled + others.spool_error! + early, offered);
    assert.equal(unaccounted, 0);
    assert.equal(server.stderr().match(/The spool cannot be written; records wait in the queue/g)?.length, 1);
    assert.match(server.stderr(), /The spool can be written again/);
    assert.equal(new Set(sequencesOf(await exportSpool(spoolOf(server)))).size, spooled);
  });
});

describe('overflow into the spool, with no broker there', () => {
  const flags = async () => ({
    target,
    brokers: `127.0.0.1:${await freePort()}`,
    'queue.overflow': 'spool' as const,
    'queue.maxBytes': '8MiB',
  });

  test('keeps on disk what the drain cannot send, and loses nothing', async () => {
    const server = await startServer({ flags: { ...(await flags()), 'shutdown.deadline': '3s' } });
    await click(server.url, 2000);
    const { code, lastLine } = await server.stop();
    assert.equal(code, 0);
    assert.equal(lastLine.lost, 0);
    assert.equal(lastLine.ledger.spooled, 2000);
    assert.equal(lastLine.ledger.unaccounted, 0);
    const sequences = sequencesOf(await exportSpool(spoolOf(server)));
    assert.deepEqual(
      sequences.toSorted((a, b) => a - b),
      Array.from({ length: 2000 }, (_, n) => n + 1),
    );
  });

  test('at the cap of the spool fills the queue first, then drops as spool_full', async () => {
    const server = await startServer({
      flags: { ...(await flags()), 'spool.maxBytes': '2MiB', 'shutdown.deadline': '1s' },
    });
    await clickUntilDropped(server, 'spool_full');
    const { ledger, queue, spool } = await server.stats();
    assert.ok(spool.bytes > 2 ** 20 && spool.bytes <= 2 * 2 ** 20);
    assert.equal(queue.bytes, queue.maxBytes, 'the queue is used to its end');
    assert.equal(ledger.unaccounted, 0);
    const { lastLine } = await server.stop();
    const { offered, spooled, dropped, unaccounted } = lastLine.ledger;
    const { queue_full: early = 0, ...others } = dropped; // by a queue that fills faster than it spills
    assert.deepEqual(Object.keys(others), ['spool_full']);
    assert.equal(spooled + others.spool_full! + early, offered);
    assert.equal(unaccounted, 0);
  });

  test('at the cap with drop_oldest lets the oldest rows go, as expired', async () => {
    const server = await startServer({
      flags: {
        ...(await flags()),
        'spool.maxBytes': '2MiB',
        'spool.whenFull': 'drop_oldest',
        'delivery.timeout': '1s',
        'request.timeout': '500ms',
        'shutdown.deadline': '2s',
      },
    });
    while (((await server.stats()).ledger.dropped.expired ?? 0) === 0) await click(server.url, 200);
    const { lastLine } = await server.stop();
    const { offered, spooled, dropped, unaccounted } = lastLine.ledger;
    assert.deepEqual(Object.keys(dropped), ['expired']);
    assert.equal(spooled + dropped.expired!, offered);
    assert.equal(unaccounted, 0);
    const sequences = sequencesOf(await exportSpool(spoolOf(server)));
    assert.equal(Math.max(...sequences), offered, 'the newest is there');
  });
});
