import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { startServer } from '../support/server.ts';
import { startSlowloris } from '../support/slowloris.ts';
import { startLoad } from '../support/steady-load.ts';
import { waitFor } from '../support/wait-for.ts';

test('clients that never finish a request are cut, again and again, while others are answered, and leave nothing', async () => {
  const CLIENTS = 200;
  const server = await startServer({ flags: { target: 'https://example.com/', 'timeout.read': '1s' } });
  const descriptors = (): number => readdirSync(`/proc/${server.pid}/fd`).length;
  const before = descriptors();
  const slow = startSlowloris(Number(new URL(server.url).port), CLIENTS);
  const load = startLoad(server.url, 200);
  await waitFor('each to be cut once', () => slow.cut >= CLIENTS);
  const { sent, answered, failures } = await load.stop();
  slow.stop();
  assert.deepEqual(failures, {});
  assert.equal(answered, sent);
  await waitFor('their descriptors to be given back', () => descriptors() <= before);
  const { lastLine } = await server.stop();
  assert.equal(lastLine.ledger.offered, sent, 'a request that was never finished leaves no record');
  assert.equal(lastLine.ledger.unaccounted, 0);
});
