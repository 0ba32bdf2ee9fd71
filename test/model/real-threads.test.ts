import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { SLAB_BYTES, SLAB_RECORDS } from '../../src/limits.ts';
import { monotonicMs } from '../../src/server/queue/clock.ts';
import { allocateHighWater } from '../../src/server/queue/high-water.ts';
import { DEFAULT_LANE } from '../../src/server/queue/lane.ts';
import { recoverListener } from '../../src/server/queue/lane-writer.ts';
import { allocateLedger, Ledger } from '../../src/server/queue/ledger.ts';
import { snapshot, totalDropped } from '../../src/server/queue/ledger-snapshot.ts';
import { allocatePool, kind, owner } from '../../src/server/queue/slab-layout.ts';
import { SlabPool } from '../../src/server/queue/slab-pool.ts';
import type { WorkerInput } from './real-threads-worker.ts';

const LISTENERS = 3;
const RECORDS = 60_000;
const SLABS = 8;

type Overflow = WorkerInput['overflow'];

class Threads {
  readonly #overflow: Overflow;
  readonly memory = allocatePool(SLABS * SLAB_BYTES);
  readonly pool = new SlabPool(this.memory);
  readonly ledgerMemory = allocateLedger(LISTENERS);
  readonly ledger = new Ledger(this.ledgerMemory);
  readonly seen = new SharedArrayBuffer(LISTENERS * RECORDS * 4);
  readonly twice = new SharedArrayBuffer(4);
  readonly highWater = allocateHighWater(LISTENERS);
  failure: unknown;

  constructor(overflow: Overflow) {
    this.#overflow = overflow;
  }

  start(role: WorkerInput['role'], listener = 0): Worker {
    const input: WorkerInput = {
      role,
      overflow: this.#overflow,
      listener,
      pool: this.memory,
      ledger: this.ledgerMemory,
      highWater: this.highWater,
      seen: this.seen,
      twice: this.twice,
      records: RECORDS,
    };
    const worker = new Worker(new URL('./real-threads-worker.ts', import.meta.url), { workerData: input });
    worker.on('error', (error) => {
      this.failure = error;
    });
    return worker;
  }
}

const done = (worker: Worker): Promise<void> =>
  new Promise((resolve) => {
    worker.on('message', () => resolve());
    worker.on('exit', () => resolve());
  });
/** When a thread dies is not for the test to say: anywhere in its work. */
const sometime = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 60));

describe('real threads that push, ship, die and count at the same time', () => {
  for (const overflow of ['drop_newest', 'drop_oldest'] as const) {
    it(`settle each record once, and lose no slab, with ${overflow}`, async (t) => {
      const threads = new Threads(overflow);
      const { pool, ledger } = threads;
      let shipper = threads.start('shipper');
      let running = true;
      let deaths = 0;

      /** One listener after another, each until it has pushed all that it was to; some of them die on the way. */
      const listen = async (index: number): Promise<void> => {
        for (let life = 0; ; life++) {
          const worker = threads.start('listener', index);
          const ends = done(worker);
          if (life < 3) await Promise.race([ends, sometime()]);
          else await ends;
          await worker.terminate();
          const { lost } = recoverListener(pool, ledger, owner.LISTENER + index);
          assert.ok(lost <= 1, `a death lost ${lost} records`);
          if (ledger.read(owner.LISTENER + index, 'offered') >= RECORDS) return;
          deaths++;
        }
      };
      const kill = async (): Promise<void> => {
        for (let life = 0; life < 6 && running; life++) {
          await sometime();
          await shipper.terminate();
          deaths++;
          pool.tellFree();
          shipper = threads.start('shipper');
        }
      };
      let scans = 0;
      const scan = async (): Promise<void> => {
        while (running) {
          const { changes } = pool;
          const offered = ledger.sum('offered');
          const { unaccounted } = snapshot(pool, ledger);
          if (pool.changes === changes && ledger.sum('offered') === offered) {
            scans++;
            // A listener may stand between counting a record and writing it, or in the middle of an eviction.
            const evicting = overflow === 'drop_oldest' ? LISTENERS * SLAB_RECORDS : 0;
            assert.ok(
              unaccounted >= -evicting && unaccounted <= LISTENERS + evicting,
              `${unaccounted} are unaccounted for`,
            );
          }
          await new Promise(setImmediate);
        }
      };
      const scanning = scan();
      const killing = kill();
      await Promise.all(Array.from({ length: LISTENERS }, (_, index) => listen(index)));
      running = false;
      await Promise.all([scanning, killing]);
      const drained = done(shipper);
      shipper.postMessage(monotonicMs() + 60_000);
      await drained;
      await shipper.terminate();

      if (threads.failure !== undefined) throw threads.failure;
      const { offered, delivered, dropped, queued, inFlight, unaccounted } = snapshot(pool, ledger);
      t.diagnostic(`${offered} offered, ${delivered} delivered, ${deaths} deaths, ${scans} scans`);
      assert.deepEqual({ queued, inFlight, unaccounted }, { queued: 0, inFlight: 0, unaccounted: 0 });
      assert.equal(offered, LISTENERS * RECORDS);
      assert.equal(delivered + totalDropped(dropped), offered);
      assert.equal(new Int32Array(threads.twice)[0], 0, 'no record is in two batches');
      const arrived = new Int32Array(threads.seen).reduce((sum, batch) => sum + Number(batch !== 0), 0);
      assert.equal(arrived, delivered, 'what is counted as delivered has arrived, and nothing else has');
      assert.equal(pool.countFree(), SLABS);
      assert.equal((dropped.evicted ?? 0) > 0, overflow === 'drop_oldest');
    });
  }
});

it('a spooler that looks while a shipper gives up sees no slab in a kind and a hand that it never had at once', async () => {
  const threads = new Threads('drop_newest');
  const { pool } = threads;
  const quitter = threads.start('quitter');
  let running = true;
  const ended = done(quitter).then(() => {
    running = false;
  });
  const seen = new Set<number>();
  while (running) {
    for (let look = 0; look < 1000; look++) {
      for (const slab of pool.inKind(kind.SENDING, owner.SPOOLER)) seen.add(slab);
      for (const slab of pool.inKind(kind.SETTLING, owner.SPOOLER)) pool.free(slab, owner.SPOOLER);
      for (;;) {
        const slab = pool.takeFree(owner.SPOOLER, DEFAULT_LANE, 0);
        if (slab === -1) break;
        pool.seal(slab, owner.SPOOLER);
      }
    }
    await new Promise(setImmediate);
  }
  await ended;
  await quitter.terminate();
  if (threads.failure !== undefined) throw threads.failure;
  assert.deepEqual([...seen], [], 'none was ever handed over to be sent');
});
