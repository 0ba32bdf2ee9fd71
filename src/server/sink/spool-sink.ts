/**
 * Writes slabs into the spool: all that are sent in one turn of the event loop in one transaction. A spool that cannot be
 * written (a full disk) leaves slabs waiting, and is tried again: what is refused meanwhile is refused by a full queue.
 */
import { reasonOf } from '../../errors.ts';
import { SLAB_BYTES } from '../../limits.ts';
import { monotonicMs } from '../queue/clock.ts';
import type { DropReason } from '../queue/drop-reason.ts';
import { placeOfLane, topicOfLane } from '../queue/lane.ts';
import { BATCH_HEADER_BYTES } from '../queue/record-batch.ts';
import { flag, slabBig, slabNumber, slabWord } from '../queue/slab-layout.ts';
import type { SlabPool } from '../queue/slab-pool.ts';
import type { TopicTable } from '../queue/topic-table.ts';
import { Backoff } from './backoff.ts';
import type { SendOutcome, Sink, SinkHost, SinkStatus } from './sink.ts';
import { SinkState } from './sink-state.ts';
import type { SpoolBatch, SpoolFile } from './spool-file.ts';
import { pinOfSlab } from './spool-pin.ts';

/** Slabs in one transaction at most: 4 MiB, some 30 ms of disk. */
const SLABS_PER_TRANSACTION = 16;

export interface SpoolSinkOptions {
  readonly pool: SlabPool;
  readonly topics: TopicTable;
  readonly file: SpoolFile;
  readonly boot: string;
  readonly maxBytes: number;
  readonly whenFull: 'drop_oldest' | 'drop_newest';
  /** Something else empties the spool: at the cap slabs wait in the queue for room, as long as that has some itself. */
  readonly emptied: boolean;
  /** Rows that are on their way out: they are not expired. */
  readonly isLeaving: (row: number) => boolean;
  readonly host: SinkHost;
  /** Called after each commit, before its sends resolve, with the records that they are going to count as spooled. */
  readonly onCommit: (records: number) => void;
}

/** How soon a batch that waits for room in a full spool is tried again. */
const FULL_AGAIN_MS = 500;

const EVENTS = {
  again: 'redirector.spool.write_restored',
  down: 'redirector.spool.write_failed',
} as const;

interface Waiting {
  readonly slab: number;
  readonly resolve: (outcome: SendOutcome) => void;
}

/** The batch in a slab, as the spool keeps it; its section is a view on the slab. */
function spoolBatchOf({ pool, topics, boot }: SpoolSinkOptions, slab: number): SpoolBatch {
  const lane = pool.get(slab, slabWord.LANE);
  const topic = topicOfLane(lane);
  return {
    boot,
    ticket: pool.big(slab, slabBig.TICKET),
    records: pool.records(slab),
    baseTime: pool.number(slab, slabNumber.BASE_TIME),
    maxTime: pool.number(slab, slabNumber.MAX_TIME),
    section: pool.bytes(slab).subarray(BATCH_HEADER_BYTES, BATCH_HEADER_BYTES + pool.recordBytes(slab)),
    pin: pinOfSlab(pool, slab),
    // The option may be another when it is played back.
    topic: topic === 0 ? undefined : topics.name(topic),
    place: placeOfLane(lane),
  };
}

export class SpoolSink implements Sink {
  readonly #o: SpoolSinkOptions;
  /** Slabs in one transaction: never more than the spool can hold at once, or one would push out another. */
  readonly #atOnce: number;
  readonly #state: SinkState;
  readonly #backoff = new Backoff(100, 2000);
  #waiting: Waiting[] = [];
  #notBefore = 0;
  #failing = false;
  /** A batch found no room: none is taken before that may have changed, or it would only come back at once. */
  #noRoom = false;
  #lastCalled = false;
  #closed = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: SpoolSinkOptions) {
    this.#o = options;
    const held = Math.floor(options.maxBytes / SLAB_BYTES);
    this.#atOnce = Math.max(1, Math.min(SLABS_PER_TRANSACTION, held));
    this.#state = new SinkState(EVENTS, options.host);
  }

  get status(): SinkStatus {
    return this.#state.status;
  }

  async open(): Promise<void> {
    this.#state.connected();
  }

  ready(): number {
    this.#o.pool.setRefusal(this.refusal);
    if (this.#closed || monotonicMs() < this.#notBefore) return 0;
    if (this.refusal === 'spool_full' && !this.#lastCalled) return 0;
    return this.#atOnce - this.#waiting.length;
  }

  /** It has just failed or found no room: a timer tries again. */
  get #isResting(): boolean {
    return this.#noRoom || monotonicMs() < this.#notBefore;
  }

  /** Why it takes nothing now: it cannot be written, or is full and has something that empties it. */
  get refusal(): DropReason | undefined {
    if (this.#failing) return 'spool_error';
    const { file, maxBytes, whenFull, emptied } = this.#o;
    const full = whenFull === 'drop_newest' && file.level.bytes + SLAB_BYTES > maxBytes;
    return emptied && (full || this.#noRoom) ? 'spool_full' : undefined;
  }

  lastCall(): void {
    this.#lastCalled = true;
    if (!this.#failing) this.#tryAgainIn(0);
  }

  send(slab: number): Promise<SendOutcome> {
    return new Promise((resolve) => {
      const isFirst = this.#waiting.push({ slab, resolve }) === 1;
      if (isFirst && !this.#isResting) setImmediate(() => this.#write());
    });
  }

  #write(): void {
    if (this.#waiting.length === 0) return; // close() was faster, and the file may be closed by now
    const batches = this.#waiting;
    this.#waiting = [];
    try {
      const { records, refused } = this.#insert(batches);
      this.#failing = false;
      this.#backoff.reset();
      this.#state.connected();
      this.#o.onCommit(records);
      for (const waiting of batches) {
        if (refused.has(waiting)) this.#refuse(waiting);
        else waiting.resolve({ kind: 'spooled' });
      }
    } catch (error) {
      this.#failed(batches, error);
    }
    this.#o.host.wake();
  }

  /** Writes, in one transaction, what there is room for. */
  #insert(batches: readonly Waiting[]): { records: number; refused: ReadonlySet<Waiting> } {
    const { pool, file, boot, host } = this.#o;
    const refused = new Set<Waiting>();
    let records = 0;
    const began = monotonicMs();
    try {
      file.transaction(() => {
        const inHand = new Set<number>();
        const there = new Set<Waiting>();
        for (const waiting of batches) {
          const row = file.rowOf(boot, pool.big(waiting.slab, slabBig.TICKET));
          if (row === undefined) continue;
          inHand.add(row);
          there.add(waiting);
        }
        for (const waiting of batches) {
          const batch = spoolBatchOf(this.#o, waiting.slab);
          const isThere = there.has(waiting);
          if (isThere || this.#makeRoom(batch.section.length, inHand)) {
            if (!isThere) inHand.add(file.insert(batch));
            records += batch.records;
          } else {
            refused.add(waiting);
          }
        }
      });
    } finally {
      host.stats.spoolWrite(monotonicMs() - began);
    }
    return { records, refused };
  }

  #failed(batches: readonly Waiting[], error: unknown): void {
    const { pool, file, boot, onCommit } = this.#o;
    this.#failing = true;
    this.#state.degraded(`The spool cannot be written: ${reasonOf(error)}.`);
    const wait = this.#backoff.next();
    this.#notBefore = monotonicMs() + wait;
    this.#tryAgainIn(wait + 1);

    // A commit that failed may have been made all the same; only the file can tell.
    const known = attempt(() => file.recount());
    let held = 0;
    for (const waiting of batches) {
      const { slab, resolve } = waiting;
      if (known && file.rowOf(boot, pool.big(slab, slabBig.TICKET)) !== undefined) {
        held += pool.records(slab);
        resolve({ kind: 'spooled' });
      } else if (this.#closed) {
        resolve(dropped('spool_error'));
      } else if (known && this.#mayReturn(slab)) {
        resolve({ kind: 'returned' });
      } else {
        this.#waiting.push(waiting);
      }
    }
    if (known) onCommit(held);
  }

  /** There is no room for it: it waits for some where something makes room, in the queue if it may go there. */
  #refuse(waiting: Waiting): void {
    if (!this.#o.emptied || this.#lastCalled || this.#closed) {
      waiting.resolve(dropped('spool_full'));
      return;
    }
    this.#noRoom = true;
    this.#tryAgainIn(FULL_AGAIN_MS);
    if (this.#mayReturn(waiting.slab)) waiting.resolve({ kind: 'returned' });
    else this.#waiting.push(waiting);
  }

  /** Whether a slab may go back into the queue: it was taken from there, and nothing of it can be in the topic. */
  #mayReturn(slab: number): boolean {
    return !this.#o.pool.hasFlag(slab, flag.ON_WIRE | flag.HANDED);
  }

  #tryAgainIn(ms: number): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      this.#noRoom = false;
      this.#write();
      this.#o.host.wake();
    }, ms);
  }

  /**
   * Whether `bytes` more may be written; with drop_oldest, after the oldest rows have gone.
   * @param inHand rows whose slabs are not settled: were one expired and this thread to die, its successor would write it
   *   once more, and its records would be counted twice
   */
  #makeRoom(bytes: number, inHand: ReadonlySet<number>): boolean {
    const { file, maxBytes, whenFull, isLeaving } = this.#o;
    if (bytes > maxBytes) return false;
    let row = 0;
    while (file.level.bytes + bytes > maxBytes) {
      const oldest = whenFull === 'drop_oldest' ? file.next(row) : undefined;
      if (oldest === undefined) return false;
      row = oldest.row;
      if (!isLeaving(row) && !inHand.has(row)) file.remove(row, 'expired');
    }
    return true;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#write();
    clearTimeout(this.#retry);
  }
}

const dropped = (reason: DropReason): SendOutcome => ({ kind: 'dropped', reason });

function attempt(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
