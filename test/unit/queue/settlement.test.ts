import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dropReasons } from '../../../src/server/queue/drop-reason.ts';
import { dropColumn } from '../../../src/server/queue/ledger.ts';
import { snapshot } from '../../../src/server/queue/ledger-snapshot.ts';
import {
  finishSettling,
  handOver,
  type Outcome,
  outcomeOf,
  settle,
  takeOverSettlement,
} from '../../../src/server/queue/settlement.ts';
import { flag, kind, owner, poolWord } from '../../../src/server/queue/slab-layout.ts';
import { dieAtEachStep, mortal, untilDeath } from '../../support/mortal.ts';
import { makeQueue, sealedSlab } from '../../support/queue-fixture.ts';

const outcomes: Outcome[] = [
  { kind: 'delivered' },
  { kind: 'spooled' },
  ...dropReasons.map((reason) => ({ kind: 'dropped', reason }) as const),
];

function sending() {
  const queue = makeQueue();
  sealedSlab(queue, ['a', 'b', 'c']);
  return { ...queue, slab: queue.pool.takeSealed(owner.SHIPPER) };
}

describe('settling', () => {
  for (const outcome of outcomes) {
    const column = outcome.kind === 'dropped' ? dropColumn(outcome.reason) : outcome.kind;

    it(`counts a slab once as ${column}, and frees it`, () => {
      const { pool, ledger, slab } = sending();
      settle(pool, ledger, slab, owner.SHIPPER, outcome);
      assert.equal(ledger.read(owner.SHIPPER, column), 3);
      assert.equal(pool.kindOf(slab), kind.FREE);
      assert.equal(snapshot(pool, ledger).unaccounted, 0);
    });
  }

  it('can be done twice and counts once', () => {
    const { pool, ledger, slab } = sending();
    settle(pool, ledger, slab, owner.SHIPPER, { kind: 'delivered' });
    finishSettling(pool, ledger, slab, owner.SHIPPER);
    assert.equal(ledger.sum('delivered'), 3);
    assert.equal(pool.countFree(), pool.slabs);
  });

  it('counts a dropped slab that was on the wire as unconfirmed too, and no other', () => {
    for (const outcome of outcomes) {
      for (const wire of [false, true]) {
        const { pool, ledger, slab } = sending();
        if (wire) pool.addFlag(slab, flag.ON_WIRE);
        settle(pool, ledger, slab, owner.SHIPPER, outcome);
        assert.equal(ledger.sum('unconfirmed'), wire && outcome.kind === 'dropped' ? 3 : 0);
      }
    }
  });

  it('does nothing for who does not have the slab', () => {
    const { pool, ledger, slab } = sending();
    settle(pool, ledger, slab, owner.SPOOLER, { kind: 'delivered' });
    assert.equal(ledger.sum('delivered'), 0);
    assert.equal(pool.kindOf(slab), kind.SENDING);
  });

  it('that its thread does not finish is finished by the successor, wherever it broke off', () => {
    const deaths = dieAtEachStep((life) => {
      const { pool, ledger, slab } = sending();
      untilDeath(() =>
        settle(mortal(pool, life), mortal(ledger, life), slab, owner.SHIPPER, { kind: 'delivered' }),
      );
      assert.equal(snapshot(pool, ledger).unaccounted, 0, 'nothing is missing meanwhile');
      return () => {
        takeOverSettlement(pool, ledger, owner.SHIPPER);
        assert.equal(snapshot(pool, ledger).unaccounted, 0);
        // What had not begun to settle is still the successor's to send; all else is counted.
        const left = pool.kindOf(slab) === kind.SENDING;
        assert.equal(ledger.sum('delivered'), left ? 0 : 3);
        if (!left) assert.equal(pool.kindOf(slab), kind.FREE);
      };
    });
    assert.ok(deaths > 10, `it died at ${deaths} steps`);
  });

  it('counts as unconfirmed once what its successor has to settle anew', () => {
    dieAtEachStep((life) => {
      const { pool, ledger, slab } = sending();
      const outcome: Outcome = { kind: 'dropped', reason: 'delivery_timeout' };
      pool.addFlag(slab, flag.ON_WIRE);
      untilDeath(() => settle(mortal(pool, life), mortal(ledger, life), slab, owner.SHIPPER, outcome));
      return () => {
        takeOverSettlement(pool, ledger, owner.SHIPPER);
        settle(pool, ledger, slab, owner.SHIPPER, outcome);
        assert.equal(ledger.sum('dropped.delivery_timeout'), 3);
        assert.equal(ledger.sum('unconfirmed'), 3);
      };
    });
  });
});

describe('handing a replayed slab to the spooler', () => {
  it('leaves it to the row, also when another spooler takes over', () => {
    const { pool, ledger, slab } = sending();
    pool.addFlag(slab, flag.REPLAYED);
    handOver(pool, slab, owner.SHIPPER, owner.SPOOLER, { kind: 'delivered' });
    takeOverSettlement(pool, ledger, owner.SPOOLER);
    assert.deepEqual(pool.inKind(kind.SETTLING, owner.SPOOLER), [slab]);
    assert.equal(ledger.sum('delivered'), 0);
  });

  it('tells it the outcome, counts nothing, and wakes it', () => {
    for (const outcome of outcomes) {
      const { pool, ledger, slab } = sending();
      handOver(pool, slab, owner.SHIPPER, owner.SPOOLER, outcome);
      assert.deepEqual(pool.inKind(kind.SETTLING, owner.SPOOLER), [slab]);
      assert.deepEqual(outcomeOf(pool, slab), outcome);
      assert.equal(ledger.sum('delivered') + ledger.sum('spooled'), 0);
      assert.equal(Atomics.load(pool.views.words, poolWord.SPOOLER_EPOCH), 1);
    }
  });
});
