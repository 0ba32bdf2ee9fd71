/**
 * The ledger: counters in shared memory. Each cell has ONE writing thread and is summed over the rows by the reader, so
 * the request path needs no read-modify-write. Cells are Float64: an Int32 wraps after 40 hours at 15,000 a second,
 * these are exact up to 2^53. (Aligned 64-bit stores are single instructions on every 64-bit platform that Node has.)
 */
import { type DropReason, dropReasons } from './drop-reason.ts';
import { owner } from './slab-layout.ts';

const columns = [
  'offered',
  'delivered',
  /** What the spool holds now: a level, written by the spooler alone. */
  'spooled',
  /** The same in bytes. */
  'spooledBytes',
  /** What the spool held when this process started. */
  'inherited',
  /** The part of `dropped` that had been on the wire and may be in the topic all the same. */
  'unconfirmed',
  /** Records that were resent without the broker being able to recognise them. */
  'possibleDuplicates',
  /** Records in the slabs that this listener has sealed, and their bytes: for finding what a crash lost, and rates. */
  'sealed',
  'sealedBytes',
  /** Journal of a seal under way: slab + 1, and what `sealed` will be. */
  'journalSlab',
  'journalTarget',
  /** Journal of an eviction under way: slab + 1, and what `dropped.evicted` will be, or -1 while that is not known. */
  'evictionSlab',
  'evictionTarget',
  ...dropReasons.map((reason) => `dropped.${reason}` as const),
] as const;

export type LedgerColumn = (typeof columns)[number];
const COLUMN = Object.fromEntries(columns.map((name, index) => [name, index])) as Record<
  LedgerColumn,
  number
>;

/** The cell of a drop reason. */
export const dropColumn = (reason: DropReason): LedgerColumn => `dropped.${reason}`;

/** Allocates the ledger's rows: one for each possible owner. */
export function allocateLedger(listeners: number): SharedArrayBuffer {
  return new SharedArrayBuffer((owner.LISTENER + listeners) * columns.length * 8);
}

export class Ledger {
  /** The raw cells, for the request path; see index(). */
  readonly cells: Float64Array;

  constructor(memory: SharedArrayBuffer) {
    this.cells = new Float64Array(memory);
  }

  /** Place of a cell in `cells`. */
  index(row: number, column: LedgerColumn): number {
    return row * columns.length + COLUMN[column];
  }

  read(row: number, column: LedgerColumn): number {
    return this.cells[this.index(row, column)]!;
  }

  set(row: number, column: LedgerColumn, value: number): void {
    this.cells[this.index(row, column)] = value;
  }

  add(row: number, column: LedgerColumn, count: number): void {
    this.cells[this.index(row, column)]! += count;
  }

  /** Sum over all writing threads. */
  sum(column: LedgerColumn): number {
    let sum = 0;
    for (let index = COLUMN[column]; index < this.cells.length; index += columns.length)
      sum += this.cells[index]!;
    return sum;
  }

  /** Sum of all drop reasons of one writing thread. */
  droppedBy(row: number): number {
    return dropReasons.reduce((sum, reason) => sum + this.read(row, dropColumn(reason)), 0);
  }
}
