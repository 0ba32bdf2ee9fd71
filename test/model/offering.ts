/** Records come to a listener. */
import { dropReasons } from '../../src/server/queue/drop-reason.ts';
import type { PushResult } from '../../src/server/queue/lane-writer.ts';
import { dropColumn } from '../../src/server/queue/ledger.ts';
import { owner } from '../../src/server/queue/slab-layout.ts';
import { recordText } from './books.ts';
import { currentThread } from './machine/thread.ts';
import { keyOf } from './setup.ts';
import type { World } from './world.ts';

/** Offers records to a listener, one after another, while it lives, and tells the books what became of each. */
export function offer(world: World, listener: number, count: number, bytes: number): void {
  const { books, time } = world;
  const lanes = world.writers.get(listener);
  const thread = world.lives.get(`listener ${listener}`)?.thread;
  if (lanes === undefined || thread === undefined) return;
  for (let n = 0; n < count && !thread.dead; n++) {
    const sequence = lanes.writer(undefined, null).nextSequence;
    const id = `${world.prefix}${listener}-${sequence}`;
    const key = keyOf(world.setup, sequence);
    const writer = lanes.writer(undefined, key);
    books.offered(id);
    const stepsBefore = thread.steps;
    const droppedBefore = droppedBy(world, listener);
    const hasRoom = world.isQuiet && currentThread() === undefined && world.pool.countFree() > 0;
    const result = thread.run(() => writer.tryPush({ value: recordText(id, bytes), key }, time.wall));
    world.bury();
    if (result === undefined) {
      noteLastDrop(world, listener, id, droppedBefore);
      return;
    }
    if (thread.steps - stepsBefore > mostSteps(world)) {
      books.violated(`tryPush took ${thread.steps - stepsBefore} steps`);
    }
    if (hasRoom && isRefusal(result)) books.violated(`${id} was refused while there was a free slab`);
    if (result.kind === 'dropped') books.became(id, `dropped.${result.reason}`);
    else books.accepted(id, writer.lastPlace.slab);
  }
}

const isRefusal = (result: PushResult): boolean =>
  result.kind === 'dropped' && result.reason === 'queue_full';

/** A push takes a few steps, and some looks at each slab when it seals or takes one. */
const mostSteps = ({ setup }: World): number => 200 + 20 * setup.slabs;

/** What the listener itself has dropped, by reason. */
function droppedBy({ ledger }: World, listener: number): number[] {
  const row = owner.LISTENER + listener;
  return dropReasons.map((reason) => (reason === 'evicted' ? 0 : ledger.read(row, dropColumn(reason))));
}

/** A listener that died may have counted its last record as dropped before. */
function noteLastDrop(world: World, listener: number, id: string, before: readonly number[]): void {
  const now = droppedBy(world, listener);
  const reason = dropReasons.find((_, index) => now[index]! > before[index]!);
  if (reason !== undefined) world.books.became(id, `dropped.${reason}`);
}
