import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { DEFAULT_LANE } from '../../../src/server/queue/lane.ts';
import { LaneWriter, recoverListener } from '../../../src/server/queue/lane-writer.ts';
import { snapshot } from '../../../src/server/queue/ledger-snapshot.ts';
import { decodeRecords } from '../../../src/server/queue/record-batch.ts';
import { flag, kind, owner } from '../../../src/server/queue/slab-layout.ts';
import { dieAtEachStep, mortal, untilDeath } from '../../support/mortal.ts';
import { LISTENER, makeQueue, type QueueFixture, TIME } from '../../support/queue-fixture.ts';

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

/** Two of them do not fit into one slab. */
const filler = (name: string): string => name.padEnd(200_000, '.');

function makeEvicting(queue: QueueFixture, evicted: number[] = [], by: number = LISTENER): LaneWriter {
  return new LaneWriter({
    ...queue,
    owner: by,
    lane: DEFAULT_LANE,
    lingerMs: 10,
    overflow: 'drop_oldest',
    onEvicted: (slab) => evicted.push(queue.pool.records(slab)),
  });
}

/** First letters of the records that wait, oldest first. */
function waiting({ pool }: QueueFixture): string {
  let names = '';
  for (;;) {
    const slab = pool.takeSealed(owner.SHIPPER);
    if (slab === -1) return names;
    const section = pool.bytes(slab).subarray(61, 61 + pool.recordBytes(slab));
    for (const { value } of decodeRecords(section)) names += String.fromCharCode(value![0]!);
  }
}

describe('a full queue with drop_oldest', () => {
  it('keeps the newest records, and counts the oldest as evicted', () => {
    const queue = makeQueue({ slabs: 3 });
    const evicted: number[] = [];
    const writer = makeEvicting(queue, evicted);
    for (const name of 'abcdefg')
      assert.equal(writer.tryPush({ value: filler(name) }, TIME).kind, 'accepted');
    writer.seal();
    assert.deepEqual(snapshot(queue.pool, queue.ledger).dropped, { evicted: 4 });
    assert.deepEqual(evicted, [1, 1, 1, 1], 'each is told while it still holds its records');
    assert.equal(snapshot(queue.pool, queue.ledger).unaccounted, 0);
    assert.equal(waiting(queue), 'efg');
  });

  it('takes nothing back that was taken to be sent, or that the spool counts: the record is refused', () => {
    const queue = makeQueue({ slabs: 2 });
    const writer = makeEvicting(queue);
    for (const name of 'ab') writer.tryPush({ value: filler(name) }, TIME);
    writer.seal();
    const sending = queue.pool.takeSealed(owner.SHIPPER);
    queue.pool.addFlag(queue.pool.inKind(kind.SEALED)[0]!, flag.REPLAYED);
    assert.deepEqual(writer.tryPush({ value: 'c' }, TIME), { kind: 'dropped', reason: 'queue_full' });
    queue.pool.giveBack(sending, owner.SHIPPER);
    assert.equal(writer.tryPush({ value: 'd' }, TIME).kind, 'accepted', 'it looks again once one waits');
  });

  it('puts a slab back that is found to be a replayed one when it is taken', () => {
    const queue = makeQueue({ slabs: 1 });
    const { pool } = queue;
    const writer = makeEvicting(queue);
    writer.tryPush({ value: filler('a') }, TIME);
    writer.seal();
    const takeBack = pool.takeBack.bind(pool);
    mock.method(pool, 'takeBack', (slab: number, by: number) => {
      pool.addFlag(slab, flag.REPLAYED); // meanwhile it was sent, freed and filled from the spool
      return takeBack(slab, by);
    });
    assert.deepEqual(writer.tryPush({ value: 'b' }, TIME), { kind: 'dropped', reason: 'queue_full' });
    assert.deepEqual([pool.inKind(kind.SEALED), pool.records(0)], [[0], 1]);
    assert.equal(snapshot(pool, queue.ledger).dropped.evicted, undefined);
  });

  it('does not scan the pool again before something has changed in it', () => {
    const queue = makeQueue({ slabs: 2 });
    const writer = makeEvicting(queue);
    for (const name of 'ab') writer.tryPush({ value: filler(name) }, TIME);
    writer.seal();
    while (queue.pool.takeSealed(owner.SHIPPER) !== -1);
    writer.tryPush({ value: 'c' }, TIME);
    const takeFree = mock.method(queue.pool, 'takeFree');
    const oldestSealed = mock.method(queue.pool, 'oldestSealed');
    for (let n = 0; n < 100; n++) writer.tryPush({ value: 'd' }, TIME);
    assert.equal(takeFree.mock.callCount() + oldestSealed.mock.callCount(), 0);
    assert.equal(snapshot(queue.pool, queue.ledger).dropped.queue_full, 101);
  });

  it('counts each record once, wherever in an eviction a listener dies', () => {
    const deaths = dieAtEachStep((life) => {
      const queue = makeQueue({ slabs: 2, listeners: 2 });
      const other = makeEvicting(queue, [], LISTENER + 1);
      for (const name of 'ab') other.tryPush({ value: filler(name) }, TIME);
      other.seal();
      untilDeath(() => {
        const mortals = { pool: mortal(queue.pool, life), ledger: mortal(queue.ledger, life) };
        const writer = makeEvicting({ ...queue, ...mortals });
        for (const name of 'cd') writer.tryPush({ value: filler(name) }, TIME);
        writer.seal();
      });
      return () => {
        recoverListener(queue.pool, queue.ledger, LISTENER);
        const { offered, dropped, queued, unaccounted } = snapshot(queue.pool, queue.ledger);
        const { evicted = 0, crash = 0, queue_full: refused = 0 } = dropped;
        assert.equal(unaccounted, 0);
        assert.equal(offered, evicted + crash + refused + queued);
        assert.ok(crash <= 1);
        assert.equal(queue.pool.inKind(kind.FILLING).length, 0);
      };
    });
    assert.ok(deaths > 20, `${deaths} deaths`);
  });
});
