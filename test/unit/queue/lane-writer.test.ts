import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { SLAB_BYTES } from '../../../src/limits.ts';
import { monotonicMs } from '../../../src/server/queue/clock.ts';
import { snapshot } from '../../../src/server/queue/ledger-snapshot.ts';
import { kind, owner, slabNumber } from '../../../src/server/queue/slab-layout.ts';
import {
  LISTENER,
  makeQueue,
  makeWriter,
  type QueueFixture,
  TIME,
  valuesOf,
} from '../../support/queue-fixture.ts';

const LINGER = 10;
const accepted = { kind: 'accepted' };
const dropped = (reason: string) => ({ kind: 'dropped', reason });
const HUGE = 'x'.repeat(SLAB_BYTES);

/** Empties one sealed slab, as a sink would. */
function ship({ pool }: QueueFixture): void {
  const slab = pool.takeSealed(owner.SHIPPER);
  pool.beginSettling(slab, owner.SHIPPER);
  pool.free(slab, owner.SHIPPER);
}

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

describe('a writer', () => {
  it('fills a slab with 1,000 records, then takes the next', () => {
    const queue = makeQueue();
    const writer = makeWriter(queue);
    for (const value of valuesOf(1001)) assert.deepEqual(writer.tryPush({ value }, TIME), accepted);
    assert.equal(queue.pool.records(0), 1000);
    assert.deepEqual([queue.pool.kindOf(0), queue.pool.kindOf(1)], [kind.SEALED, kind.FILLING]);
    assert.deepEqual(writer.lastPlace, { slab: 1, generation: 1, place: 0 });
  });

  it('fills a slab with bytes, then takes the next', () => {
    const queue = makeQueue();
    const writer = makeWriter(queue);
    const value = 'x'.repeat(100_000);
    for (let i = 0; i < 3; i++) assert.deepEqual(writer.tryPush({ value }, TIME), accepted);
    assert.deepEqual([queue.pool.records(0), queue.pool.records(1)], [2, 1]);
  });

  it('drops a record that is too large, and takes its neighbours', () => {
    const queue = makeQueue();
    const writer = makeWriter(queue);
    assert.deepEqual(writer.tryPush({ value: HUGE }, TIME), dropped('record_too_large'));
    assert.equal(queue.pool.countFree(), 4, 'no slab is left open for it');
    assert.deepEqual(writer.tryPush({ value: 'a' }, TIME), accepted);
    assert.deepEqual(writer.tryPush({ value: HUGE }, TIME), dropped('record_too_large'));
    assert.deepEqual(writer.tryPush({ value: 'b' }, TIME), accepted);
    writer.seal();
    const { offered, queued, dropped: lost, unaccounted } = snapshot(queue.pool, queue.ledger);
    assert.deepEqual([offered, queued, lost, unaccounted], [4, 2, { record_too_large: 2 }, 0]);
  });

  it('begins the age of a batch with its first record, not with one that was too large', () => {
    const queue = makeQueue();
    const writer = makeWriter(queue);
    writer.tryPush({ value: HUGE }, TIME);
    queue.pool.setNumber(0, slabNumber.OPENED_AT, 0);
    writer.tryPush({ value: 'a' }, TIME);
    assert.notEqual(queue.pool.number(writer.lastPlace.slab, slabNumber.OPENED_AT), 0);
  });

  it('drops while the queue is full, without looking again until a slab was freed', () => {
    const queue = makeQueue({ slabs: 2 });
    const writer = makeWriter(queue);
    const takes = mock.method(queue.pool, 'takeFree');
    for (const value of valuesOf(2000)) writer.tryPush({ value }, TIME);
    assert.equal(takes.mock.callCount(), 2);
    for (let i = 0; i < 5; i++) assert.deepEqual(writer.tryPush({ value: 'x' }, TIME), dropped('queue_full'));
    assert.equal(takes.mock.callCount(), 3);
    ship(queue);
    assert.deepEqual(writer.tryPush({ value: 'again' }, TIME), accepted);
    assert.equal(takes.mock.callCount(), 4);
  });

  it('counts every record that was offered in nextSequence, dropped ones too', () => {
    const queue = makeQueue({ slabs: 1 });
    const writer = makeWriter(queue);
    const sequences = ['a', HUGE, 'b'].map((value) => {
      const sequence = writer.nextSequence;
      writer.tryPush({ value }, TIME);
      return sequence;
    });
    assert.deepEqual(sequences, [1, 2, 3]);
    assert.equal(writer.nextSequence, 4);
  });

  it('goes on counting where a listener before it ended', () => {
    const queue = makeQueue();
    makeWriter(queue).tryPush({ value: 'a' }, TIME);
    assert.equal(makeWriter(queue).nextSequence, 2);
    assert.equal(makeWriter(queue, LISTENER + 1).nextSequence, 1);
  });
});

describe('the linger', () => {
  const tick = (ms = LINGER) => mock.timers.tick(ms);
  const age = ({ pool }: QueueFixture, slab: number, ms: number) =>
    pool.setNumber(slab, slabNumber.OPENED_AT, monotonicMs() - ms);

  it('seals a slab that is not full when it is over', () => {
    const queue = makeQueue();
    makeWriter(queue, LISTENER, LINGER).tryPush({ value: 'a' }, TIME);
    tick(LINGER - 1);
    assert.equal(queue.pool.kindOf(0), kind.FILLING);
    age(queue, 0, LINGER);
    tick(1);
    assert.equal(queue.pool.kindOf(0), kind.SEALED);
  });

  it('counts from the opening of the slab that is open now', () => {
    const queue = makeQueue();
    const writer = makeWriter(queue, LISTENER, 60_000);
    for (const value of valuesOf(1001)) writer.tryPush({ value }, TIME);
    ship(queue);
    tick(60_000);
    assert.equal(queue.pool.kindOf(1), kind.FILLING, 'the timer was armed for the slab before it');
    age(queue, 1, 60_000);
    tick(60_000);
    assert.equal(queue.pool.kindOf(1), kind.SEALED);
  });

  it('waits while a sealed slab waits, so that in an outage slabs fill to the brim', () => {
    const queue = makeQueue();
    const writer = makeWriter(queue, LISTENER, LINGER);
    writer.tryPush({ value: 'a' }, TIME);
    writer.seal();
    writer.tryPush({ value: 'b' }, TIME);
    age(queue, 1, 5 * LINGER);
    for (let i = 0; i < 4; i++) tick();
    assert.equal(queue.pool.kindOf(1), kind.FILLING);
    ship(queue);
    tick();
    assert.equal(queue.pool.kindOf(1), kind.SEALED, 'the timer was armed again');
  });

  it('ends for a slab of ten lingers, while a quarter of the pool is free', () => {
    const queue = makeQueue({ slabs: 4 });
    const [first, second] = [LISTENER, LISTENER + 1].map((by) => makeWriter(queue, by, LINGER));
    first!.tryPush({ value: 'a' }, TIME);
    first!.seal();
    first!.tryPush({ value: 'b' }, TIME);
    second!.tryPush({ value: 'c' }, TIME);
    const taken = queue.pool.takeFree(owner.SPOOLER, 0, 0);
    for (const slab of [1, 2]) age(queue, slab, 11 * LINGER);
    tick();
    assert.deepEqual(
      [1, 2].map((slab) => queue.pool.kindOf(slab)),
      [kind.FILLING, kind.FILLING],
    );
    queue.pool.abandon(taken, owner.SPOOLER);
    tick();
    assert.deepEqual(
      [1, 2].map((slab) => queue.pool.kindOf(slab)),
      [kind.SEALED, kind.SEALED],
    );
  });

  it('leaves no timer behind when nothing is open', () => {
    const queue = makeQueue();
    const writer = makeWriter(queue, LISTENER, LINGER);
    writer.tryPush({ value: HUGE }, TIME);
    const armed = mock.method(globalThis, 'setTimeout');
    tick();
    assert.equal(armed.mock.callCount(), 0);
    armed.mock.restore();
  });

  it('is cut short by a drain', () => {
    const queue = makeQueue();
    const writer = makeWriter(queue, LISTENER, LINGER);
    writer.tryPush({ value: 'a' }, TIME);
    writer.seal();
    writer.seal();
    assert.deepEqual(queue.pool.inKind(kind.SEALED), [0]);
    assert.equal(queue.pool.countFree(), 3);
  });
});
