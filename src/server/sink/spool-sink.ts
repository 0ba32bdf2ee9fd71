/** Writes slabs into the spool: all that are sent in one turn of the event loop in one transaction. */
import { reasonOf } from '../../errors.ts';
import { SLAB_BYTES } from '../../limits.ts';
import type { DropReason } from '../queue/drop-reason.ts';
import { BATCH_HEADER_BYTES } from '../queue/record-batch.ts';
import { slabBig, slabNumber } from '../queue/slab-layout.ts';
import type { SlabPool } from '../queue/slab-pool.ts';
import type { SendOutcome, Sink, SinkHost, SinkStatus } from './sink.ts';
import type { SpoolBatch, SpoolFile } from './spool-file.ts';

/** Slabs in one transaction at most: 4 MiB, some 30 ms of disk. */
const SLABS_PER_TRANSACTION = 16;

export interface SpoolSinkOptions {
  readonly pool: SlabPool;
  readonly file: SpoolFile;
  readonly boot: string;
  readonly maxBytes: number;
  readonly whenFull: 'drop_oldest' | 'drop_newest';
  readonly host: SinkHost;
  /** Called after each commit, before its sends resolve, with the records that they are going to count as spooled. */
  readonly onCommit: (records: number) => void;
}

interface Waiting {
  readonly slab: number;
  readonly resolve: (outcome: SendOutcome) => void;
}

/** The batch in a slab, as the spool keeps it; its section is a view on the slab. */
function spoolBatchOf(pool: SlabPool, slab: number, boot: string): SpoolBatch {
  return {
    boot,
    ticket: pool.big(slab, slabBig.TICKET),
    records: pool.records(slab),
    baseTime: pool.number(slab, slabNumber.BASE_TIME),
    maxTime: pool.number(slab, slabNumber.MAX_TIME),
    section: pool.bytes(slab).subarray(BATCH_HEADER_BYTES, BATCH_HEADER_BYTES + pool.recordBytes(slab)),
  };
}

export class SpoolSink implements Sink {
  readonly #o: SpoolSinkOptions;
  /** Slabs in one transaction: never more than the spool can hold at once, or one would push out another. */
  readonly #atOnce: number;
  #waiting: Waiting[] = [];
  #closed = false;
  status: SinkStatus = { state: 'connecting', lastError: null };

  constructor(options: SpoolSinkOptions) {
    this.#o = options;
    const held = Math.floor(options.maxBytes / SLAB_BYTES);
    this.#atOnce = Math.max(1, Math.min(SLABS_PER_TRANSACTION, held));
  }

  async open(): Promise<void> {
    this.status = { state: 'connected', lastError: null };
  }

  ready(): number {
    return this.#closed ? 0 : this.#atOnce - this.#waiting.length;
  }

  send(slab: number): Promise<SendOutcome> {
    return new Promise((resolve) => {
      if (this.#waiting.push({ slab, resolve }) === 1) setImmediate(() => this.#write());
    });
  }

  #write(): void {
    if (this.#waiting.length === 0) return; // close() was faster, and the file may be closed by now
    const { pool, file, boot, host } = this.#o;
    const batches = this.#waiting;
    this.#waiting = [];
    const refused = new Set<Waiting>();
    try {
      let records = 0;
      file.transaction(() => {
        const inHand = new Set<number>();
        for (const { slab } of batches) {
          const row = file.rowOf(boot, pool.big(slab, slabBig.TICKET));
          if (row !== undefined) inHand.add(row);
        }
        for (const waiting of batches) {
          const batch = spoolBatchOf(pool, waiting.slab, boot);
          const isThere = file.rowOf(boot, batch.ticket) !== undefined;
          if (isThere || this.#makeRoom(batch.section.length, inHand)) {
            if (!isThere) inHand.add(file.insert(batch));
            records += batch.records;
          } else {
            refused.add(waiting);
          }
        }
      });
      this.#o.onCommit(records);
      this.status = { state: 'connected', lastError: null };
    } catch (error) {
      const lastError = `The spool cannot be written: ${reasonOf(error)}.`;
      if (this.status.lastError !== lastError) host.log('error', lastError);
      this.status = { state: 'degraded', lastError };
      for (const { resolve } of batches) resolve(dropped('spool_error'));
      host.wake();
      return;
    }
    for (const waiting of batches) {
      waiting.resolve(refused.has(waiting) ? dropped('spool_full') : { kind: 'spooled' });
    }
    host.wake();
  }

  /**
   * Whether `bytes` more may be written; with drop_oldest, after the oldest rows have gone.
   * @param inHand rows whose slabs are not settled: were one expired and this thread to die, its successor would write it
   *   once more, and its records would be counted twice
   */
  #makeRoom(bytes: number, inHand: ReadonlySet<number>): boolean {
    const { file, maxBytes, whenFull } = this.#o;
    if (bytes > maxBytes) return false;
    let row = 0;
    while (file.level.bytes + bytes > maxBytes) {
      const oldest = whenFull === 'drop_oldest' ? file.next(row) : undefined;
      if (oldest === undefined) return false;
      row = oldest.row;
      if (!inHand.has(row)) file.remove(row, 'expired');
    }
    return true;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#write();
  }
}

const dropped = (reason: DropReason): SendOutcome => ({ kind: 'dropped', reason });
