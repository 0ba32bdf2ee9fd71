import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { recoverListener } from '../../../src/server/queue/lane-writer.ts';
import { snapshot } from '../../../src/server/queue/ledger-snapshot.ts';
import { kind, owner } from '../../../src/server/queue/slab-layout.ts';
import { dieAtEachStep, mortal, untilDeath } from '../../support/mortal.ts';
import { LISTENER, makeQueue, makeWriter, TIME } from '../../support/queue-fixture.ts';

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

const LARGE = 'x'.repeat(200_000);
const TOO_LARGE = 'x'.repeat(300_000);

describe('a listener that dies', () => {
  it('leaves its committed records to be shipped', () => {
    const queue = makeQueue();
    const writer = makeWriter(queue);
    for (const value of ['a', 'b']) writer.tryPush({ value }, TIME);
    assert.deepEqual(recoverListener(queue.pool, queue.ledger, LISTENER), { sealed: 2, lost: 0 });
    assert.equal(queue.pool.records(queue.pool.takeSealed(owner.SHIPPER)), 2);
    assert.equal(snapshot(queue.pool, queue.ledger).unaccounted, 0);
  });

  it('between counting a record and writing it loses that one, as crash', () => {
    const queue = makeQueue();
    makeWriter(queue).tryPush({ value: 'a' }, TIME);
    queue.ledger.add(LISTENER, 'offered', 1);
    assert.deepEqual(recoverListener(queue.pool, queue.ledger, LISTENER), { sealed: 1, lost: 1 });
    assert.deepEqual(snapshot(queue.pool, queue.ledger).dropped, { crash: 1 });
    assert.equal(recoverListener(queue.pool, queue.ledger, LISTENER).lost, 0, 'it is counted once');
  });

  it('at any step of a push, a seal or a drop costs one record at most, and the books are right', () => {
    const crashes = new Set<number>();
    const deaths = dieAtEachStep((life) => {
      const queue = makeQueue();
      untilDeath(() => {
        const writer = makeWriter({
          pool: mortal(queue.pool, life),
          ledger: mortal(queue.ledger, life),
          highWater: queue.highWater,
          topics: queue.topics,
        });
        for (const value of ['a', LARGE, LARGE, TOO_LARGE, 'b']) writer.tryPush({ value }, TIME);
        writer.seal();
      });
      return () => {
        recoverListener(queue.pool, queue.ledger, LISTENER);
        const { offered, dropped, queued, unaccounted } = snapshot(queue.pool, queue.ledger);
        const { crash = 0, record_too_large: tooLarge = 0 } = dropped;
        assert.equal(unaccounted, 0);
        assert.equal(queued + crash + tooLarge, offered);
        assert.ok(crash <= 1, `${crash} lost`);
        crashes.add(crash);
        assert.deepEqual(queue.pool.inKind(kind.FILLING), [], 'no slab is left behind');
        const successor = makeWriter(queue);
        assert.equal(successor.nextSequence, offered + 1);
        assert.equal(successor.tryPush({ value: 'on' }, TIME).kind, 'accepted');
        assert.equal(recoverListener(queue.pool, queue.ledger, LISTENER).lost, 0);
      };
    });
    assert.ok(deaths > 30, `it died at ${deaths} steps`);
    assert.deepEqual([...crashes].sort(), [0, 1]);
  });

  it('in the middle of a seal, when the slab is gone already, is counted right', () => {
    const queue = makeQueue();
    const { pool, ledger } = queue;
    makeWriter(queue).tryPush({ value: 'a' }, TIME);
    // What sealWithJournal had done when the thread ended, and what other threads did since.
    ledger.set(LISTENER, 'journalTarget', 1);
    ledger.set(LISTENER, 'journalSlab', 1);
    pool.seal(0, LISTENER);
    const slab = pool.takeSealed(owner.SHIPPER);
    pool.beginSettling(slab, owner.SHIPPER);
    ledger.add(owner.SHIPPER, 'delivered', 1);
    pool.free(slab, owner.SHIPPER);
    makeWriter(queue, LISTENER + 1).tryPush({ value: 'another listener has the slab now' }, TIME);
    assert.deepEqual(recoverListener(pool, ledger, LISTENER), { sealed: 0, lost: 0 });
    assert.deepEqual(pool.inKind(kind.FILLING, LISTENER + 1), [slab]);
    assert.equal(snapshot(pool, ledger).unaccounted, 0);
  });
});
