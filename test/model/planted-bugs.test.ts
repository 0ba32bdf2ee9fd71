import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_LANE } from '../../src/server/queue/lane.ts';
import type { LedgerColumn } from '../../src/server/queue/ledger.ts';
import { kind, slabBig, slabWord } from '../../src/server/queue/slab-layout.ts';
import { SteppedLedger, SteppedPool } from './machine/shared-memory.ts';
import { step } from './machine/thread.ts';
import { tryMany } from './planned-runs.ts';
import type { Parts } from './roles.ts';
import { type Case, RUNS, scheduleOf } from './schedule.ts';
import type { Plant } from './world.ts';

/** Seals by writing the state, whoever has the slab by then. */
class CarelessPool extends SteppedPool {
  override seal(slab: number, by: number): boolean {
    const ours = this.ownerOf(slab) === by;
    this.setBig(slab, slabBig.TICKET, Atomics.add(this.views.bigs, 0, 1n));
    this.views.words[this.views.state(slab)] = kind.SEALED;
    this.wake();
    return ours;
  }
}

/** Takes the oldest slab from whatever state it is in by then, though a listener may have evicted it since. */
class GreedyPool extends SteppedPool {
  override takeSealed(by: number, wanted: (slab: number) => boolean = () => true): number {
    const slab = this.oldestSealed(wanted);
    if (slab === -1) return -1;
    const { words } = this.views;
    const index = this.views.state(slab);
    step('swap');
    Atomics.compareExchange(words, index, words[index]!, kind.SENDING | (by << 8));
    return slab;
  }
}

/** Reads the lane of a slab as that of another key. */
class MisplacingPool extends SteppedPool {
  override get(slab: number, field: number): number {
    const value = super.get(slab, field);
    return field === slabWord.LANE && value !== DEFAULT_LANE ? value + 1 : value;
  }
}

class ForgetfulLedger extends SteppedLedger {
  override set(row: number, column: LedgerColumn, value: number): void {
    if (column !== 'dropped.delivery_timeout') super.set(row, column, value);
  }
}

type Produce = ReturnType<Parts['connect']>['produce'];
type Request = Parameters<Produce>[1];

const answering = (request: Request, error: string) => ({
  results: request.batches.map(() => ({ error, baseOffset: -1n })),
  throttleMs: 0,
});

/** The shipper's Produce, changed. */
const withProduce = (change: (produce: Produce) => Produce): Plant => ({
  parts: (parts) => ({
    ...parts,
    connect: () => {
      const transport = parts.connect();
      return { ...transport, produce: change((nodeId, request) => transport.produce(nodeId, request)) };
    },
  }),
});

interface Planted {
  readonly mistake: string;
  readonly plant: Plant;
  readonly found: RegExp;
  readonly where?: Case;
}

const planted: readonly Planted[] = [
  {
    mistake: 'a seal without compare-and-swap',
    plant: { pool: (memory) => new CarelessPool(memory) },
    found: /FILLING → SEALED without compare-and-swap/,
  },
  {
    mistake: 'a take that compares with nothing, when a listener evicts the slab',
    plant: { pool: (memory) => new GreedyPool(memory) },
    found: /FILLING → SENDING by shipper, while it was listener|is evicted though it was on the wire/,
    where: 'kafka, drop_oldest',
  },
  {
    mistake: 'a batch in the partition of another key',
    plant: { pool: (memory) => new MisplacingPool(memory) },
    found: /with key \d is in partition/,
  },
  {
    mistake: 'an ack before the answer',
    plant: withProduce((produce) => async (nodeId, request) => {
      produce(nodeId, request).catch(() => {});
      return answering(request, 'NONE');
    }),
    found: /is delivered and not in the topic/,
  },
  {
    mistake: 'a drop that is not counted',
    plant: {
      parts: (parts) => ({
        ...parts,
        ledger: new ForgetfulLedger(parts.ledger.cells.buffer as SharedArrayBuffer),
      }),
    },
    found: /records are unaccounted for|the ledger has \d+ dropped\.delivery_timeout/,
  },
  {
    mistake: 'a batch of unknown fate that is sent again under a new producer id',
    plant: withProduce((produce) => async (nodeId, request) => {
      try {
        return await produce(nodeId, request);
      } catch {
        return answering(request, 'OUT_OF_ORDER_SEQUENCE_NUMBER');
      }
    }),
    found:
      /copies too many in the topic|is dropped as never sent, and in the topic|in the topic, \d+ delivered/,
  },
];

describe('the model finds', () => {
  for (const { mistake, plant, found, where = 'kafka' } of planted) {
    it(mistake, async (t) => {
      const { runs, seed, failure } = await tryMany(scheduleOf(where), RUNS[where], plant);
      t.diagnostic(`found after ${runs + 1} schedules, seed ${seed}`);
      assert.match(failure ?? 'nothing', found);
    });
  }
});
