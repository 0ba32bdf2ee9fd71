/** One of the real threads of real-threads.test.ts: a listener that pushes as fast as it can, a slow shipper, or one that gives up. */
import { parentPort, workerData } from 'node:worker_threads';
import { HighWater } from '../../src/server/queue/high-water.ts';
import { DEFAULT_LANE } from '../../src/server/queue/lane.ts';
import { LaneWriter } from '../../src/server/queue/lane-writer.ts';
import { Ledger } from '../../src/server/queue/ledger.ts';
import { BATCH_HEADER_BYTES, decodeRecords } from '../../src/server/queue/record-batch.ts';
import { flag, owner, type PoolMemory, slabBig } from '../../src/server/queue/slab-layout.ts';
import { SlabPool } from '../../src/server/queue/slab-pool.ts';
import type { SendOutcome, Sink } from '../../src/server/sink/sink.ts';
import { SinkLoop } from '../../src/server/sink-loop.ts';
import { sinkStats } from '../support/sink-host.ts';

export interface WorkerInput {
  readonly role: 'listener' | 'shipper' | 'quitter';
  readonly overflow: 'drop_newest' | 'drop_oldest';
  readonly pool: PoolMemory;
  readonly ledger: SharedArrayBuffer;
  readonly highWater: SharedArrayBuffer;
  /** For each record, by listener and sequence, the batch (ticket + 1) in which it was delivered; 0: not yet. */
  readonly seen: SharedArrayBuffer;
  /** One word: records that were found in two batches. */
  readonly twice: SharedArrayBuffer;
  readonly listener: number;
  /** Records that each listener is offered in all. */
  readonly records: number;
}

const input = workerData as WorkerInput;
const pool = new SlabPool(input.pool);
const ledger = new Ledger(input.ledger);
/** Pushes between two turns of the event loop. */
const AT_ONCE = 500;
const PADDING = '.'.repeat(100);

async function listen(): Promise<void> {
  const { listener, records } = input;
  const writer = new LaneWriter({
    pool,
    ledger,
    highWater: new HighWater(input.highWater, pool, listener),
    owner: owner.LISTENER + listener,
    lane: DEFAULT_LANE,
    lingerMs: 2,
    overflow: input.overflow,
  });
  while (writer.nextSequence <= records) {
    for (let n = 0; n < AT_ONCE && writer.nextSequence <= records; n++) {
      const value = `${listener}-${writer.nextSequence}-${PADDING}`;
      if (writer.tryPush({ value }, Date.now()).kind === 'dropped') break;
    }
    await new Promise(setImmediate);
  }
  writer.seal();
  parentPort!.postMessage('done');
}

/** Takes its time, and returns some slabs unsent, so that the queue is full and tickets come back. */
class SlowSink implements Sink {
  readonly status = { state: 'connected', lastError: null } as const;
  readonly #seen = new Int32Array(input.seen);
  readonly #twice = new Int32Array(input.twice);
  #underWay = 0;
  #sends = 0;

  async open(): Promise<void> {}
  ready(): number {
    return 2 - this.#underWay;
  }
  async send(slab: number): Promise<SendOutcome> {
    this.#underWay++;
    const returned = ++this.#sends % 7 === 0 && !pool.hasFlag(slab, flag.ON_WIRE);
    if (!returned) this.#deliver(slab);
    await new Promise((resolve) => setTimeout(resolve, 1));
    this.#underWay--;
    setImmediate(() => pool.wake());
    return returned ? { kind: 'returned' } : { kind: 'delivered' };
  }
  /** As a broker would: the same batch again changes nothing. */
  #deliver(slab: number): void {
    pool.addFlag(slab, flag.ON_WIRE);
    const batch = Number(pool.big(slab, slabBig.TICKET)) + 1;
    const section = pool
      .bytes(slab)
      .subarray(BATCH_HEADER_BYTES, BATCH_HEADER_BYTES + pool.recordBytes(slab));
    for (const { value } of decodeRecords(section)) {
      const [listener, sequence] = Buffer.from(value!).toString('latin1').split('-').map(Number);
      const at = listener! * input.records + sequence! - 1;
      const before = Atomics.exchange(this.#seen, at, batch);
      if (before !== 0 && before !== batch) Atomics.add(this.#twice, 0, 1);
    }
  }
  async close(): Promise<void> {}
}

async function ship(): Promise<void> {
  const sink = new SlowSink();
  const loop = new SinkLoop({
    pool,
    ledger,
    owner: owner.SHIPPER,
    sink,
    stats: sinkStats(),
    deliveryTimeoutMs: Number.POSITIVE_INFINITY,
    onFate() {},
  });
  void loop.takeOver((slab) => (pool.hasFlag(slab, flag.ON_WIRE) ? sink.send(slab) : undefined));
  parentPort!.once('message', async (deadline: number) => {
    await loop.drain(deadline);
    parentPort!.postMessage('done');
    parentPort!.close();
  });
  await loop.run();
}

/** Hands what waits to the spooler to settle, so many times as there are records. */
async function giveUp(): Promise<void> {
  for (let left = input.records; left > 0; ) {
    const slab = pool.takeSealed(owner.SHIPPER);
    if (slab === -1) continue;
    pool.beginSettling(slab, owner.SHIPPER, owner.SPOOLER);
    left--;
  }
  parentPort!.postMessage('done');
}

void { listener: listen, shipper: ship, quitter: giveUp }[input.role]();
