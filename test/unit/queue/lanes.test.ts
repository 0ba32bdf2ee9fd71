import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { DEFAULT_LANE, laneOf, placeOfLane, topicOfLane } from '../../../src/server/queue/lane.ts';
import { recoverListener } from '../../../src/server/queue/lane-writer.ts';
import { Lanes } from '../../../src/server/queue/lanes.ts';
import { snapshot } from '../../../src/server/queue/ledger-snapshot.ts';
import { partitionOf } from '../../../src/server/queue/murmur2.ts';
import { kind, slabWord } from '../../../src/server/queue/slab-layout.ts';
import { LISTENER, makeQueue, type QueueFixture, TIME } from '../../support/queue-fixture.ts';

const PLACES = 4;
const key = Buffer.from('a key');

describe('the lanes of a listener', () => {
  let queue: QueueFixture;
  let lanes: Lanes;
  afterEach(() => mock.timers.reset());
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
    queue = makeQueue({ slabs: 6 });
    queue.topics.number('orders');
    lanes = new Lanes({ ...queue, owner: LISTENER, places: PLACES, lingerMs: 10, overflow: 'drop_newest' });
  });

  const lanesOfSlabs = (state: (typeof kind)[keyof typeof kind]): number[] =>
    queue.pool.inKind(state).map((slab) => queue.pool.get(slab, slabWord.LANE));

  it('hold no slab before they have a record, and share one when topic and place are the same', () => {
    lanes.writer('orders', key);
    assert.equal(queue.pool.countFree(), 6);
    for (const [topic, its] of [
      [undefined, null],
      [undefined, key],
      ['orders', null],
      ['orders', key],
      ['orders', Buffer.from(key)],
      ['clicks', null], // which the options name: the same as none
    ] as const) {
      lanes.writer(topic, its).tryPush({ value: 'v', key: its }, TIME);
    }
    const place = partitionOf(key, PLACES);
    const expected = [DEFAULT_LANE, laneOf(0, place), laneOf(1, -1), laneOf(1, place)];
    assert.deepEqual(lanesOfSlabs(kind.FILLING), expected);
    lanes.seal();
    assert.deepEqual(lanesOfSlabs(kind.SEALED), expected);
    lanes.seal();
    assert.equal(snapshot(queue.pool, queue.ledger).queued, 6);
  });

  it('have one sequence together', () => {
    const sequences = [null, key, null].map((its) => {
      const writer = lanes.writer(undefined, its);
      const { nextSequence } = writer;
      writer.tryPush({ value: 'v', key: its }, TIME);
      return nextSequence;
    });
    assert.deepEqual(sequences, [1, 2, 3]);
  });

  it('are all sealed when their listener has died', () => {
    for (let n = 0; n < 40; n++)
      lanes.writer(undefined, Buffer.from(String(n))).tryPush({ value: 'v' }, TIME);
    assert.equal(queue.pool.inKind(kind.FILLING).length, PLACES);
    assert.deepEqual(recoverListener(queue.pool, queue.ledger, LISTENER), { sealed: 40, lost: 0 });
    assert.deepEqual(lanesOfSlabs(kind.SEALED).map(placeOfLane).sort(), [0, 1, 2, 3]);
    assert.deepEqual(new Set(lanesOfSlabs(kind.SEALED).map(topicOfLane)), new Set([0]));
    assert.equal(snapshot(queue.pool, queue.ledger).unaccounted, 0);
  });
});
