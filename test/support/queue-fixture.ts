/** A queue for tests: its pool, ledger and high-water marks in fresh shared memory, and ways to fill it. */
import { SLAB_BYTES } from '../../src/limits.ts';
import { allocateHighWater, HighWater } from '../../src/server/queue/high-water.ts';
import { DEFAULT_LANE } from '../../src/server/queue/lane.ts';
import { LaneWriter } from '../../src/server/queue/lane-writer.ts';
import { allocateLedger, Ledger } from '../../src/server/queue/ledger.ts';
import type { RecordInput } from '../../src/server/queue/record-batch.ts';
import { allocatePool, owner } from '../../src/server/queue/slab-layout.ts';
import { SlabPool } from '../../src/server/queue/slab-pool.ts';
import { allocateTopicTable, TopicTable } from '../../src/server/queue/topic-table.ts';

export const LISTENER = owner.LISTENER;

export interface QueueFixture {
  readonly pool: SlabPool;
  readonly ledger: Ledger;
  readonly highWater: HighWater;
  readonly topics: TopicTable;
}

export function makeQueue({ slabs = 4, listeners = 2 } = {}): QueueFixture {
  const pool = new SlabPool(allocatePool(slabs * SLAB_BYTES));
  return {
    pool,
    ledger: new Ledger(allocateLedger(listeners)),
    highWater: new HighWater(allocateHighWater(listeners), pool, 0),
    topics: topicTable('clicks'),
  };
}

/** The writer of a listener. Its linger is a real timer, unless the test mocks setTimeout. */
export const makeWriter = (
  queue: QueueFixture,
  by: number = LISTENER,
  lingerMs = 10,
  lane = DEFAULT_LANE,
): LaneWriter => new LaneWriter({ ...queue, owner: by, lane, lingerMs, overflow: 'drop_newest' });

/** A broker refuses times that are more than an hour ahead of its clock, and deletes old ones: it must be about now. */
export const TIME = Date.now();

/** Pushes records into one slab and seals it. Throws when one is dropped or they do not fit into one slab. */
export function sealedSlab(
  queue: QueueFixture,
  records: readonly (RecordInput | string)[],
  { by = LISTENER, sampled = false, lane = DEFAULT_LANE } = {},
): number {
  const writer = makeWriter(queue, by, 10, lane);
  const slabs = new Set<number>();
  for (const record of records) {
    const input = typeof record === 'string' ? { value: record } : record;
    const { kind } = writer.tryPush(input, TIME, sampled);
    if (kind !== 'accepted') throw new Error('a record of the fixture was dropped');
    slabs.add(writer.lastPlace.slab);
  }
  writer.seal();
  const [slab] = slabs;
  if (slab === undefined || slabs.size !== 1) throw new Error('the records do not fill exactly one slab');
  return slab;
}

/** A table of topics, the first of which is that of the options. */
export function topicTable(...names: readonly string[]): TopicTable {
  const table = new TopicTable(allocateTopicTable());
  for (const name of names) table.number(name);
  return table;
}

/** `count` values that tell themselves apart. */
export const valuesOf = (count: number, prefix = 'v'): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);
