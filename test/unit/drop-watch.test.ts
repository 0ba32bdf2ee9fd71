import assert from 'node:assert/strict';
import { it } from 'node:test';
import { watchDrops } from '../../src/server/drop-watch.ts';
import { allocateLedger, dropColumn, Ledger } from '../../src/server/queue/ledger.ts';
import { owner } from '../../src/server/queue/slab-layout.ts';

it('drops are told soon after the first, and once a minute with their count while they go on', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  t.mock.method(performance, 'now', () => now);
  let now = 0;
  const pass = (seconds: number): void => {
    for (let second = 0; second < seconds; second++) {
      now += 1000;
      t.mock.timers.tick(1000);
    }
  };
  const ledger = new Ledger(allocateLedger(1));
  const told: unknown[] = [];
  const stop = watchDrops(ledger, (_event, ...fields) => told.push(Object.values(fields[0] ?? {})));
  pass(100);
  assert.deepEqual(told, []);
  ledger.add(owner.LISTENER, dropColumn('queue_full'), 5);
  pass(2);
  assert.deepEqual(told, [[5, 'queue_full']]);
  for (let second = 0; second < 59; second++) {
    ledger.add(owner.LISTENER, dropColumn('queue_full'), 1);
    pass(1);
  }
  ledger.add(owner.SHIPPER, dropColumn('rejected'), 2);
  pass(3);
  assert.deepEqual(told.slice(1).sort(), [
    [2, 'rejected'],
    [59, 'queue_full'],
  ]);
  pass(1000);
  assert.equal(told.length, 3);
  stop();
  ledger.add(owner.LISTENER, dropColumn('queue_full'), 1);
  pass(100);
  assert.equal(told.length, 3);
});
