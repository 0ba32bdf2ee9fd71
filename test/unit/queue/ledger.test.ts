import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allocateLedger, Ledger, type LedgerColumn } from '../../../src/server/queue/ledger.ts';
import { snapshot } from '../../../src/server/queue/ledger-snapshot.ts';
import { settle } from '../../../src/server/queue/settlement.ts';
import { owner, slabNumber, slabWord } from '../../../src/server/queue/slab-layout.ts';
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

describe('a snapshot', () => {
  it('has a record once that is counted while it is taken', () => {
    const queue = makeQueue();
    sealedSlab(queue, valuesOf(3));
    const slab = queue.pool.takeSealed(owner.SHIPPER);
    /** The shipper counts the slab when the scan has seen it in flight, and does not yet free it. */
    class CountedMeanwhile extends Ledger {
      scans = 0;
      override sum(column: LedgerColumn): number {
        if (column === 'delivered' && ++this.scans === 2) this.set(owner.SHIPPER, 'delivered', 3);
        return super.sum(column);
      }
    }
    const ledger = new CountedMeanwhile(queue.ledger.cells.buffer as SharedArrayBuffer);
    queue.pool.set(slab, slabWord.OUTCOME, 1);
    queue.pool.setNumber(slab, slabNumber.TARGET, 3);
    queue.pool.beginSettling(slab, owner.SHIPPER);
    const { delivered, inFlight, unaccounted } = snapshot(queue.pool, ledger);
    assert.deepEqual({ delivered, inFlight, unaccounted }, { delivered: 3, inFlight: 0, unaccounted: 0 });
  });
});
