import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_LANE } from '../../../src/server/queue/lane.ts';
import { flag, kind, owner, poolWord, slabBig, slabWord } from '../../../src/server/queue/slab-layout.ts';
import { epochChange, SlabPool } from '../../../src/server/queue/slab-pool.ts';
import { LISTENER, makeQueue, sealedSlab } from '../../support/queue-fixture.ts';

const take = (pool: SlabPool, by: number = LISTENER) => pool.takeFree(by, DEFAULT_LANE, 0);

describe('a slab', () => {
  it('goes FREE, FILLING, SEALED, SENDING, SETTLING, FREE, in one hand at a time', () => {
    const { pool } = makeQueue();
    const slab = take(pool);
    assert.deepEqual([pool.kindOf(slab), pool.ownerOf(slab)], [kind.FILLING, LISTENER]);
    assert.equal(pool.seal(slab, LISTENER + 1), false, 'only its listener seals it');
    assert.equal(pool.seal(slab, LISTENER), true);
    assert.deepEqual([pool.kindOf(slab), pool.ownerOf(slab)], [kind.SEALED, owner.NOBODY]);
    assert.equal(pool.beginSettling(slab, owner.SHIPPER), false, 'what was not taken cannot be settled');
    assert.equal(pool.takeSealed(owner.SHIPPER), slab);
    assert.equal(pool.takeSealed(owner.SPOOLER), -1, 'it is taken once');
    assert.deepEqual([pool.kindOf(slab), pool.ownerOf(slab)], [kind.SENDING, owner.SHIPPER]);
    assert.equal(pool.beginSettling(slab, owner.SPOOLER), false);
    assert.equal(pool.beginSettling(slab, owner.SHIPPER), true);
    pool.free(slab, owner.SPOOLER);
    assert.equal(pool.kindOf(slab), kind.SETTLING, 'only its owner frees it');
    pool.free(slab, owner.SHIPPER);
    assert.equal(pool.kindOf(slab), kind.FREE);
  });

  it('publishes its count and length in one word, up to the limits', () => {
    const { pool } = makeQueue();
    const slab = take(pool);
    pool.commit(slab, 1000, SlabPool.RECORD_ROOM);
    assert.equal(pool.records(slab), 1000);
    assert.equal(pool.recordBytes(slab), SlabPool.RECORD_ROOM);
  });

  it('that is taken anew has nothing of its last filling but a higher generation', () => {
    const queue = makeQueue({ slabs: 1 });
    const { pool } = queue;
    const slab = sealedSlab(queue, ['x'], { sampled: true });
    const generation = pool.get(slab, slabWord.GENERATION);
    pool.takeSealed(owner.SHIPPER);
    pool.addFlag(slab, flag.ON_WIRE);
    pool.setBig(slab, slabBig.PRODUCER_ID, 5n);
    pool.set(slab, slabWord.PARTITION, 3);
    pool.beginSettling(slab, owner.SHIPPER);
    pool.free(slab, owner.SHIPPER);
    assert.equal(take(pool), slab);
    assert.equal(pool.get(slab, slabWord.GENERATION), generation + 1);
    assert.equal(pool.get(slab, slabWord.FLAGS), 0);
    assert.equal(pool.get(slab, slabWord.PARTITION), -1);
    assert.equal(pool.big(slab, slabBig.PRODUCER_ID), -1n);
    assert.equal(pool.records(slab), 0);
  });

  it('that is abandoned holds nothing, whatever was committed in it', () => {
    const { pool } = makeQueue({ slabs: 1 });
    const slab = take(pool);
    pool.commit(slab, 3, 30);
    pool.abandon(slab, LISTENER + 1);
    assert.equal(pool.records(slab), 3, 'another’s slab is left alone');
    pool.abandon(slab, LISTENER);
    assert.equal(take(pool), slab);
    assert.equal(pool.records(slab), 0);
  });
});

describe('the pool', () => {
  it('gives the lowest free slab, and -1 when none is free', () => {
    const { pool } = makeQueue({ slabs: 3 });
    assert.deepEqual([take(pool), take(pool), take(pool), take(pool)], [0, 1, 2, -1]);
    pool.abandon(1, LISTENER);
    assert.equal(take(pool), 1);
  });

  it('hands out sealed slabs by ticket, not by index', () => {
    const { pool } = makeQueue({ slabs: 3 });
    for (const slab of [take(pool), take(pool), take(pool)].reverse()) pool.seal(slab, LISTENER);
    const order = [1, 2, 3].map(() => pool.takeSealed(owner.SHIPPER));
    assert.deepEqual(order, [2, 1, 0]);
  });

  it('hands out only what is wanted, the oldest of that', () => {
    const { pool } = makeQueue({ slabs: 3 });
    for (const slab of [take(pool), take(pool), take(pool)]) pool.seal(slab, LISTENER);
    assert.equal(
      pool.takeSealed(owner.SHIPPER, (slab) => slab > 0),
      1,
    );
    assert.equal(
      pool.takeSealed(owner.SHIPPER, () => false),
      -1,
    );
  });

  it('takes a slab back with its ticket, and without the sequence that it had been given', () => {
    const queue = makeQueue({ slabs: 2 });
    const { pool } = queue;
    const first = sealedSlab(queue, ['first']);
    sealedSlab(queue, ['second']);
    assert.equal(pool.takeSealed(owner.SHIPPER), first);
    pool.setBig(first, slabBig.PRODUCER_ID, 7n);
    pool.set(first, slabWord.PARTITION, 2);
    pool.giveBack(first, owner.SHIPPER);
    assert.equal(pool.big(first, slabBig.PRODUCER_ID), -1n);
    assert.equal(pool.get(first, slabWord.PARTITION), -1);
    assert.equal(pool.takeSealed(owner.SHIPPER), first, 'it is the oldest still');
    assert.equal(pool.records(first), 1);
  });

  it('never takes back a slab of which bytes were written', () => {
    const queue = makeQueue();
    const slab = sealedSlab(queue, ['x']);
    queue.pool.takeSealed(owner.SHIPPER);
    queue.pool.addFlag(slab, flag.ON_WIRE);
    assert.throws(() => queue.pool.giveBack(slab, owner.SHIPPER), /was on the wire/);
    assert.equal(queue.pool.kindOf(slab), kind.SENDING);
  });

  it('raises its free-epoch at each free, and its change counter at each change of state alone', () => {
    const queue = makeQueue();
    const { pool } = queue;
    const seen = (): number[] => [pool.freeEpoch, pool.changes];
    assert.deepEqual(seen(), [0, 0]);
    sealedSlab(queue, ['x', 'y']);
    assert.deepEqual(seen(), [0, 2]);
    const slab = pool.takeSealed(owner.SHIPPER);
    pool.beginSettling(slab, owner.SHIPPER);
    pool.free(slab, owner.SHIPPER);
    assert.deepEqual(seen(), [1, 5]);
    pool.free(slab, owner.SHIPPER);
    pool.abandon(slab, owner.SHIPPER);
    assert.deepEqual(seen(), [1, 5], 'what changes nothing raises nothing');
  });

  it('tells kind and hand of a slab by one look: it may change both between two', (t) => {
    const queue = makeQueue({ slabs: 1 });
    const { pool } = queue;
    const slab = sealedSlab(queue, ['x']);
    pool.takeSealed(owner.SHIPPER);
    const load = Atomics.load as (array: Int32Array, index: number) => number;
    let looks = 0;
    t.mock.method(Atomics, 'load', (array: Int32Array, index: number) => {
      const seen = load(array, index);
      // Just after the first look the shipper hands it over.
      if (index === pool.views.state(slab) && looks++ === 0)
        pool.beginSettling(slab, owner.SHIPPER, owner.SPOOLER);
      return seen;
    });
    assert.deepEqual(pool.inKind(kind.SENDING, owner.SPOOLER), [], 'the spooler was never to send it');
    assert.deepEqual(pool.inKind(kind.SETTLING, owner.SPOOLER), [slab]);
  });

  it('wakes who waits for a sealed slab', async () => {
    const queue = makeQueue();
    const waiting = epochChange(queue.pool, poolWord.SEAL_EPOCH, 0, 60_000);
    sealedSlab(queue, ['x']);
    assert.equal(await waiting, 1);
    assert.equal(await epochChange(queue.pool, poolWord.SEAL_EPOCH, 0, 60_000), 1, 'or does not let it wait');
  });

  it('tells whether a sealed slab of a lane waits', () => {
    const { pool } = makeQueue();
    const slab = pool.takeFree(LISTENER, 5, 0);
    assert.equal(pool.hasSealed(5), false);
    pool.seal(slab, LISTENER);
    assert.deepEqual([pool.hasSealed(5), pool.hasSealed(DEFAULT_LANE)], [true, false]);
  });
});
