import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import fc from 'fast-check';
import { dropReasons } from '../../../src/server/queue/drop-reason.ts';
import { type LaneWriter, recoverListener } from '../../../src/server/queue/lane-writer.ts';
import { snapshot, totalDropped } from '../../../src/server/queue/ledger-snapshot.ts';
import { type Outcome, settle, takeOverSettlement } from '../../../src/server/queue/settlement.ts';
import { flag, kind, owner } from '../../../src/server/queue/slab-layout.ts';
import { mortal, untilDeath } from '../../support/mortal.ts';
import { LISTENER, makeQueue, makeWriter, TIME } from '../../support/queue-fixture.ts';

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

const listener = fc.integer({ min: 0, max: 1 });
const outcome = fc.constantFrom<Outcome>(
  { kind: 'delivered' },
  { kind: 'spooled' },
  ...dropReasons.map((reason) => ({ kind: 'dropped', reason }) as const),
);
const steps = fc.integer({ min: 0, max: 40 });
const operation = fc.oneof(
  fc.record({ do: fc.constant('push'), listener, count: fc.integer({ min: 1, max: 1500 }) }),
  fc.record({ do: fc.constant('pushTooLarge'), listener }),
  fc.record({ do: fc.constant('seal'), listener }),
  fc.record({ do: fc.constant('take') }),
  fc.record({ do: fc.constant('write') }),
  fc.record({ do: fc.constant('giveBack') }),
  fc.record({ do: fc.constant('settle'), outcome }),
  fc.record({ do: fc.constant('listenerDies'), listener, steps }),
  fc.record({ do: fc.constant('shipperDies'), outcome, steps }),
);
type Operation = { do: string; listener?: number; count?: number; outcome?: Outcome; steps?: number };

/** The queue beside the simplest thing that says what it should count. */
class Run {
  readonly queue = makeQueue({ slabs: 3 });
  readonly writers: LaneWriter[] = [0, 1].map((index) => makeWriter(this.queue, LISTENER + index));
  readonly model = { offered: 0, delivered: 0, spooled: 0, dropped: 0, inFlight: 0 };

  do(op: Operation): void {
    const { queue, writers, model } = this;
    const { pool, ledger } = queue;
    const sending = pool.inKind(kind.SENDING)[0];
    const by = op.listener ?? 0;
    if (op.do === 'push') for (let i = 0; i < op.count!; i++) this.push(by, 'x');
    else if (op.do === 'pushTooLarge') this.push(by, 'x'.repeat(300_000));
    else if (op.do === 'seal') writers[by]!.seal();
    else if (op.do === 'take') {
      const slab = pool.takeSealed(owner.SHIPPER);
      if (slab !== -1) model.inFlight += pool.records(slab);
    } else if (op.do === 'listenerDies') this.listenerDies(by, op.steps!);
    else if (sending === undefined) return;
    else if (op.do === 'write') pool.addFlag(sending, flag.ON_WIRE);
    else if (op.do === 'giveBack') {
      if (pool.hasFlag(sending, flag.ON_WIRE)) return;
      model.inFlight -= pool.records(sending);
      pool.giveBack(sending, owner.SHIPPER);
    } else {
      const life = { stepsLeft: op.steps ?? Number.POSITIVE_INFINITY };
      const records = pool.records(sending);
      untilDeath(() => settle(mortal(pool, life), mortal(ledger, life), sending, owner.SHIPPER, op.outcome!));
      takeOverSettlement(pool, ledger, owner.SHIPPER);
      if (pool.kindOf(sending) === kind.SENDING) return;
      model.inFlight -= records;
      model[op.outcome!.kind] += records;
    }
  }

  push(by: number, value: string): void {
    this.model.offered++;
    if (this.writers[by]!.tryPush({ value }, TIME).kind === 'dropped') this.model.dropped++;
  }

  listenerDies(by: number, stepsLeft: number): void {
    const { queue, model } = this;
    const { pool, ledger } = queue;
    const life = { stepsLeft };
    this.writers[by]!.seal(); // what the mortal one writes is in slabs of its own
    const before = ledger.sum('offered');
    const droppedBefore = ledger.droppedBy(LISTENER + by);
    untilDeath(() => {
      const mortalQueue = { ...queue, pool: mortal(pool, life), ledger: mortal(ledger, life) };
      const writer = makeWriter(mortalQueue, LISTENER + by);
      for (let i = 0; i < 3; i++) writer.tryPush({ value: 'y'.repeat(100_000) }, TIME);
      writer.seal();
    });
    const { lost } = recoverListener(pool, ledger, LISTENER + by);
    assert.ok(lost <= 1, `${lost} records lost by one death`);
    model.offered += ledger.sum('offered') - before;
    model.dropped += ledger.droppedBy(LISTENER + by) - droppedBefore;
    this.writers[by] = makeWriter(queue, LISTENER + by);
  }

  check(): void {
    const { offered, delivered, spooled, inFlight, queued, dropped, unaccounted } = snapshot(
      this.queue.pool,
      this.queue.ledger,
    );
    assert.equal(unaccounted, 0);
    assert.deepEqual({ offered, delivered, spooled, inFlight, dropped: totalDropped(dropped) }, this.model);
    assert.equal(queued, offered - delivered - spooled - inFlight - totalDropped(dropped));
  }
}

describe('whatever happens to the queue', () => {
  it('every record is in one place, after every step', (t) => {
    const seed = Date.now() & 0x7fffffff;
    t.diagnostic(`seed ${seed}`);
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const run = new Run();
        for (const op of operations) {
          run.do(op);
          run.check();
        }
      }),
      { seed, numRuns: 100 },
    );
  });
});
