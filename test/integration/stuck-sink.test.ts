import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { ask } from '../support/http-client.ts';
import { get, rawClient } from '../support/raw-client.ts';
import { startServer } from '../support/server.ts';

describe('a server whose brokers are all away', () => {
  test('starts, answers, counts what the queue cannot hold, and ends by its deadline', async () => {
    const server = await startServer({
      flags: {
        target: 'https://example.com/',
        brokers: `127.0.0.1:${await freePort()}`,
        'queue.maxBytes': '512KiB',
        'shutdown.deadline': '1s',
      },
    });
    assert.equal((await ask(`${server.adminUrl}/readyz`)).status, 200);
    const withSink = await ask(`${server.adminUrl}/readyz?sink=1`);
    assert.equal(withSink.status, 503);
    assert.match(withSink.body, /^sink (connecting|degraded)/);

    const client = await rawClient(server.url);
    client.send(get('/').repeat(5000));
    await client.answers(5000);
    client.socket.destroy();
    const { ledger, queue, sink, state } = await server.waitForStats(
      'the sink to say what is wrong',
      (stats) =>
        stats.sink.lastError !== null && stats.ledger.offered === 5000 && stats.ledger.unaccounted === 0,
    );
    assert.ok((ledger.dropped.queue_full ?? 0) > 0);
    assert.equal(ledger.queued + ledger.inFlight + (ledger.dropped.queue_full ?? 0), 5000);
    assert.ok(queue.bytes > 0 && queue.bytes <= queue.maxBytes);
    assert.equal(sink.kind, 'kafka');
    assert.equal(state, 'degraded');
    assert.equal((await ask(server.url)).status, 301);

    const { code, lastLine } = await server.stop();
    assert.equal(code, 0);
    const { queue_full = 0, shutdown_deadline = 0 } = lastLine.ledger.dropped;
    assert.equal(queue_full + shutdown_deadline, 5001);
    assert.equal(lastLine.lost, 5001);
    assert.ok(lastLine.lostInDrain >= shutdown_deadline);
    assert.equal(lastLine.ledger.unaccounted, 0);
    assert.equal(lastLine.ledger.delivered, 0);
  });
});
