import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allocateLedger, Ledger } from '../../../src/server/queue/ledger.ts';
import { snapshot } from '../../../src/server/queue/ledger-snapshot.ts';
import { settle } from '../../../src/server/queue/settlement.ts';
import { owner } from '../../../src/server/queue/slab-layout.ts';
import { LISTENER, makeQueue, sealedSlab, valuesOf } from '../../support/queue-fixture.ts';

describe('the ledger', () => {
  it('counts right past 2^31', () => {
    const queue = makeQueue();
    const start = 2 ** 31 - 10;
    for (const column of ['offered', 'sealed'] as const) queue.ledger.set(LISTENER, column, start);
    queue.ledger.set(owner.SHIPPER, 'delivered', start);
    for (let i = 0; i < 3; i++) {
      sealedSlab(queue, valuesOf(10));
      settle(queue.pool, queue.ledger, queue.pool.takeSealed(owner.SHIPPER), owner.SHIPPER, {
        kind: 'delivered',
      });
    }
    const { offered, delivered, unaccounted } = snapshot(queue.pool, queue.ledger);
    assert.deepEqual([offered, delivered, unaccounted], [start + 30, start + 30, 0]);
  });

  it('has a row for each thread, and sums them', () => {
    const ledger = new Ledger(allocateLedger(3));
    for (let row = 0; row < owner.LISTENER + 3; row++) ledger.add(row, 'offered', 2 ** row);
    assert.equal(ledger.sum('offered'), 2 ** (owner.LISTENER + 3) - 1);
    assert.equal(ledger.sum('delivered'), 0);
    ledger.add(LISTENER, 'dropped.queue_full', 2);
    ledger.add(LISTENER, 'dropped.crash', 1);
    assert.deepEqual([ledger.droppedBy(LISTENER), ledger.droppedBy(LISTENER + 1)], [3, 0]);
  });
});
