import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { SLAB_BYTES } from '../../src/limits.ts';
import { allocateHighWater, HighWater } from '../../src/server/queue/high-water.ts';
import { DEFAULT_LANE } from '../../src/server/queue/lane.ts';
import { LaneWriter } from '../../src/server/queue/lane-writer.ts';
import { allocateLedger } from '../../src/server/queue/ledger.ts';
import { allocatePool, owner } from '../../src/server/queue/slab-layout.ts';
import { SteppedLedger, SteppedPool, watchAtomics } from './machine/shared-memory.ts';
import { Thread } from './machine/thread.ts';

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

const LARGE = 'x'.repeat(100_000);

/** Steps in shared memory that each push takes, until the pool is full and some more. */
function costs(slabs: number): { kind: string; steps: number }[] {
  const pool = new SteppedPool(allocatePool(slabs * SLAB_BYTES));
  const ledger = new SteppedLedger(allocateLedger(1));
  const highWater = new HighWater(allocateHighWater(1), pool, 0);
  const restore = watchAtomics(pool, () => {});
  const thread = new Thread('listener 0', owner.LISTENER, (error) => assert.fail(String(error)));
  const writer = new LaneWriter({
    pool,
    ledger,
    highWater,
    owner: owner.LISTENER,
    lane: DEFAULT_LANE,
    lingerMs: 10,
    overflow: 'drop_newest',
  });
  const found = Array.from({ length: 2 * slabs + 20 }, () => {
    const before = thread.steps;
    const { kind } = thread.run(() => writer.tryPush({ value: LARGE }, 0))!;
    return { kind, steps: thread.steps - before };
  });
  restore();
  return found;
}

describe('tryPush', () => {
  it('takes as many steps in a large pool as in a small one, but for one look at each slab per slab filled', () => {
    const [small, large] = [costs(4), costs(64)] as const;
    const within = (pushes: typeof small): number[] => [
      ...new Set(pushes.filter((_, n) => n % 2 === 1).map(({ steps }) => steps)),
    ];
    assert.deepEqual(within(large.slice(0, 128)), within(small.slice(0, 8)), 'into an open slab');
    const most = (pushes: typeof small): number => Math.max(...pushes.map(({ steps }) => steps));
    assert.ok(most(small) < 100 + 4 * 6, `a slab filled in ${most(small)} steps`);
    assert.ok(most(large) < 100 + 64 * 6, `a slab filled in ${most(large)} steps`);
  });

  it('takes as many steps in a full pool, however large, once it has looked', () => {
    const refused = (slabs: number): number[] =>
      costs(slabs)
        .filter(({ kind }) => kind === 'dropped')
        .slice(1)
        .map(({ steps }) => steps);
    assert.equal(refused(4).length > 10, true);
    assert.deepEqual([...new Set(refused(64))], [...new Set(refused(4))]);
    assert.ok(refused(4)[0]! < 10);
  });
});
