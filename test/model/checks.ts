/** What must hold after every step of the model. */
import { dropReasons } from '../../src/server/queue/drop-reason.ts';
import { dropColumn, type LedgerColumn } from '../../src/server/queue/ledger.ts';
import { snapshot } from '../../src/server/queue/ledger-snapshot.ts';
import { partitionOf } from '../../src/server/queue/murmur2.ts';
import { kind, owner } from '../../src/server/queue/slab-layout.ts';
import { idOf } from './books.ts';
import { hasSpooler, keyOf } from './setup.ts';
import type { World } from './world.ts';

/** Reasons whose records only the ledger and the spool can name. */
const NOT_WATCHED: readonly string[] = ['crash', 'expired'];

/** Throws when something does not hold. Books are compared only while no death waits for its recovery. */
export function check(world: World): void {
  const { books } = world;
  books.expectStates();
  books.readTopic();
  if (world.isQuiet && !world.isRecovering) expectBooks(world);
  expectTopic(world);
  if (books.violations.length > 0) throw new Error(books.violations.join('\n'));
}

function expectBooks(world: World): void {
  const { pool, ledger, books } = world;
  const { unaccounted } = snapshot(pool, ledger);
  if (unaccounted !== 0) books.violated(`${unaccounted} records are unaccounted for`);
  const counted = new Map<string, number>();
  for (const fate of books.fates.values()) {
    if (fate !== undefined) counted.set(fate, (counted.get(fate) ?? 0) + 1);
  }
  const columns: LedgerColumn[] = ['delivered', ...dropReasons.filter(isWatched).map(dropColumn)];
  for (const column of columns) {
    const [is, should] = [ledger.sum(column), counted.get(column) ?? 0];
    if (is !== should) books.violated(`the ledger has ${is} ${column}, and ${should} are`);
  }
  const unconfirmed = ledger.sum('unconfirmed');
  if (unconfirmed !== books.unconfirmed.size)
    books.violated(`the ledger has ${unconfirmed} unconfirmed, and ${books.unconfirmed.size} are`);
}

const isWatched = (reason: string): boolean => !NOT_WATCHED.includes(reason);

/** Copies beyond the first are counted as possible duplicates, or there are none. */
function expectTopic({ books, ledger, countedBefore }: World): void {
  let extra = 0;
  for (const copies of books.copies.values()) extra += copies - 1;
  const possible = ledger.sum('possibleDuplicates') + countedBefore;
  if (extra > possible) {
    const twice = [...books.copies].filter(([, copies]) => copies > 1).map(([id]) => id);
    books.violated(`${extra} copies too many in the topic, ${possible} are counted: ${twice}`);
  }
}

/** What must hold when the server has ended. */
export function checkEnd(world: World): void {
  const { pool, ledger, books, report } = world;
  check(world);
  const end = report!.ledger;
  // A spooler that was ended in the middle of something may have told the ledger half of it.
  const told = world.lives.get('spooler')?.hasDrained ?? true;
  if (end.unaccounted !== 0 && told)
    books.violated(`${end.unaccounted} records are unaccounted for at the end`);
  if (end.queued + end.inFlight !== 0) books.violated(`${end.queued}, ${end.inFlight} are left in the queue`);
  for (const slab of pool.inKind(kind.FILLING)) {
    // The spooler may have been ended with a row in its hand.
    if (pool.ownerOf(slab) !== owner.SPOOLER) books.violated(`slab ${slab} is FILLING at the end`);
  }
  const open = [...books.fates].filter(([, fate]) => fate === undefined);
  if (open.length !== ledger.sum('dropped.crash')) {
    books.violated(
      `${open.map(([id]) => id)} have no end, ${ledger.sum('dropped.crash')} are counted as crash`,
    );
  }
  const inTopic = books.copies.size;
  if (world.setup.sink === 'kafka' && !hasSpooler(world.setup)) {
    const { delivered, unconfirmed } = end;
    if (inTopic < delivered || inTopic > delivered + unconfirmed) {
      books.violated(`${inTopic} in the topic, ${delivered} delivered, ${unconfirmed} unconfirmed`);
    }
  }
  if (world.lives.get('spooler')?.hasDrained === true)
    expectSpool(world, ledger.read(owner.SPOOLER, 'spooled'));
  if (world.setup.sink === 'kafka') expectKeys(world);
  if (books.violations.length > 0) throw new Error(books.violations.join('\n'));
}

/**
 * Records with a key are where Kafka's default partitioner puts them. Where none was held back in the spool they are in the
 * order in which their listener took them, but for those of unknown fate, which a broker may have appended late.
 */
function expectKeys({ setup, books, cluster }: World): void {
  const last = new Map<string, number>();
  const seen = new Set<string>();
  for (const [partition, { values }] of cluster.logs) {
    for (const id of values.map(idOf)) {
      const [listener, sequence] = id.split('-') as [string, string];
      const key = listener === 'old' ? null : keyOf(setup, Number(sequence));
      if (key === null) continue;
      if (partitionOf(key, setup.partitions) !== partition)
        books.violated(`${id} with ${key} is in partition ${partition}`);
      if (seen.has(id) || books.fates.get(id) !== 'delivered' || hasSpooler(setup)) continue;
      seen.add(id);
      const line = `${listener}, ${key}`;
      if (Number(sequence) < (last.get(line) ?? 0))
        books.violated(`${id} comes after ${line} ${last.get(line)}`);
      last.set(line, Number(sequence));
    }
  }
}

/** The spool holds what is said to be spooled, but for what is counted as expired. */
function expectSpool(world: World, spooled: number): void {
  const { books, ledger } = world;
  const held = world.spooledIds();
  if (new Set(held).size !== held.length) books.violated(`the spool holds a record twice: ${held}`);
  if (held.length !== spooled) books.violated(`the spool holds ${held.length}, the ledger says ${spooled}`);
  for (const id of held) {
    const fate = books.fates.get(id);
    if (fate !== 'spooled') books.violated(`record ${id} is in the spool and ${fate}`);
  }
  const told = [...books.fates.values()].filter((fate) => fate === 'spooled').length;
  const expired = ledger.sum('dropped.expired');
  if (told !== held.length + expired)
    books.violated(`${told} went to the spool, ${held.length} are there, ${expired} expired`);
}
