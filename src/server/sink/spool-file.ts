/**
 * The spool: a SQLite file (WAL), one row a batch, keyed by (boot, ticket) so that writing a batch again changes
 * nothing. One process owns it, by a lock that dies with the process; others may read beside it.
 *
 * With synchronous=NORMAL a commit survives the death of the process at any moment; a power failure can cost the last
 * commits, never the file.
 */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { StatementSync } from 'node:sqlite';
import { RedirectorError, reasonOf, userError } from '../../errors.ts';
import { bringUpToDate } from './spool-format.ts';
import { type BatchPin, pinFromText, pinToText } from './spool-pin.ts';
import { DatabaseSync } from './sqlite.ts';

/** A batch as the spool keeps it. */
export interface SpoolBatch {
  readonly boot: string;
  readonly ticket: bigint;
  readonly records: number;
  readonly baseTime: number;
  readonly maxTime: number;
  readonly section: Uint8Array;
  /** Undefined: no byte of it has left. */
  readonly pin: BatchPin | undefined;
  /** Undefined: the one that the options name. */
  readonly topic: string | undefined;
  /** Of its records' keys, as in its lane. */
  readonly place: number;
}

/** What only a replay asks for: older files lack it, which are read as they are by others than their owner. */
type ReplayFields = 'pin' | 'topic' | 'place';

export interface SpoolRow extends Omit<SpoolBatch, 'ticket' | 'boot' | ReplayFields> {
  readonly row: number;
  readonly firstOffset: number;
}

/** What this start of the server has done to the spool; kept in it, so that a new spooler thread counts on. */
export interface BootCounts {
  expired: number;
  delivered: number;
  rejected: number;
}

export interface SpoolLevel {
  readonly records: number;
  readonly bytes: number;
}

/** How long another program's short lock (a back-up, a look with sqlite3) is waited for; the queue bears it. */
const BUSY_TIMEOUT_MS = 1000;

/** What a SpoolRow is read with. */
export const ROW_COLUMNS =
  'row, first_offset AS firstOffset, records, base_time AS baseTime, max_time AS maxTime, section';

/** The owner's view of the spool. Every method but the constructor may throw a SQLite error; see `transaction`. */
export class SpoolFile {
  readonly #db: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #remove: StatementSync;
  readonly #next: StatementSync;
  readonly #putMeta: StatementSync;
  readonly #pin: StatementSync;
  readonly #find: StatementSync;
  readonly #lock: DatabaseSync;
  readonly #boot: string;
  #nextOffset = 0;
  #records = 0;
  #bytes = 0;
  readonly counts: BootCounts = { expired: 0, delivered: 0, rejected: 0 };

  /**
   * Opens or makes the spool and becomes its owner.
   * @throws RedirectorError SPOOL_LOCKED, SPOOL_TOO_NEW, SPOOL_UNUSABLE
   */
  constructor(path: string, boot: string) {
    this.#boot = boot;
    this.#lock = takeLock(path);
    try {
      this.#db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
      this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
      bringUpToDate(this.#db, path);
      this.#putMeta = this.#db.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)');
      this.#insert = this.#db.prepare(
        `INSERT OR IGNORE INTO batch (first_offset, boot, ticket, records, base_time, max_time, bytes, section, pin, topic, place)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      );
      this.#remove = this.#db.prepare('DELETE FROM batch WHERE row = ? RETURNING records, bytes');
      this.#next = this.#db.prepare(
        `SELECT ${ROW_COLUMNS}, pin, topic, place FROM batch WHERE row > ? ORDER BY row LIMIT 1`,
      );
      this.#pin = this.#db.prepare('UPDATE batch SET pin = ? WHERE row = ?');
      this.#find = this.#db.prepare('SELECT row FROM batch WHERE boot = ? AND ticket = ?');
      this.recount();
    } catch (error) {
      this.#lock.close();
      throw unusable(path, error);
    }
  }

  #meta(key: string): string | undefined {
    const found = this.#db.prepare('SELECT value FROM meta WHERE key = ?').get(key);
    return found?.value as string | undefined;
  }

  #setMeta(key: string, value: string): void {
    this.#putMeta.run(key, value);
  }

  /** Reads levels and counts from the file: at the start, and after a commit of which nothing is known but that it failed. */
  recount(): void {
    const sum = this.#db
      .prepare('SELECT coalesce(sum(records), 0) AS records, coalesce(sum(bytes), 0) AS bytes FROM batch')
      .get() as unknown as SpoolLevel;
    this.#records = sum.records;
    this.#bytes = sum.bytes;
    this.#nextOffset = Number(this.#meta('nextOffset') ?? 0);
    const last = JSON.parse(this.#meta('counts') ?? '{}') as Partial<BootCounts & { boot: string }>;
    const { expired = 0, delivered = 0, rejected = 0 } = last.boot === this.#boot ? last : {};
    Object.assign(this.counts, { expired, delivered, rejected });
  }

  /** Records and bytes that it holds. */
  get level(): SpoolLevel {
    return { records: this.#records, bytes: this.#bytes };
  }

  /**
   * Adds a batch, unless it is there. To be called in a transaction.
   * @returns its row
   */
  insert(batch: SpoolBatch): number {
    const { boot, ticket, records, baseTime, maxTime, section, pin, topic, place } = batch;
    const { length } = section;
    const { changes, lastInsertRowid } = this.#insert.run(
      this.#nextOffset,
      boot,
      ticket,
      records,
      baseTime,
      maxTime,
      length,
      section,
      pinToText(pin),
      topic ?? null,
      place,
    );
    if (changes === 0) return this.rowOf(boot, ticket)!;
    this.#nextOffset += records;
    this.#records += records;
    this.#bytes += length;
    return Number(lastInsertRowid);
  }

  /** The row of a batch, where it is there. */
  rowOf(boot: string, ticket: bigint): number | undefined {
    return this.#find.get(boot, ticket)?.row as number | undefined;
  }

  /** Removes a row, and counts its records as what became of them. To be called in a transaction. */
  remove(row: number, as: keyof BootCounts): void {
    const gone = this.#remove.get(row);
    if (gone === undefined) return;
    this.#records -= gone.records as number;
    this.#bytes -= gone.bytes as number;
    this.counts[as] += gone.records as number;
  }

  /** Writes into a row where its batch goes and under which numbers. To be called in a transaction. */
  pin(row: number, pin: BatchPin): void {
    this.#pin.run(pinToText(pin), row);
  }

  /** The oldest row after `after`, or undefined. */
  next(after: number): (SpoolRow & Pick<SpoolBatch, ReplayFields>) | undefined {
    const found = this.#next.get(after);
    if (found === undefined) return undefined;
    return {
      ...(found as unknown as SpoolRow),
      pin: pinFromText(found.pin as string | null),
      topic: (found.topic as string | null) ?? undefined,
      place: found.place as number,
    };
  }

  /** Does `work` wholly or not at all; the levels and counts follow. */
  transaction(work: () => void): void {
    const before = { offset: this.#nextOffset, records: this.#records, bytes: this.#bytes, ...this.counts };
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#setMeta('nextOffset', String(this.#nextOffset));
      this.#setMeta('counts', JSON.stringify({ boot: this.#boot, ...this.counts }));
      this.#db.exec('COMMIT');
    } catch (error) {
      this.#nextOffset = before.offset;
      this.#records = before.records;
      this.#bytes = before.bytes;
      Object.assign(this.counts, {
        expired: before.expired,
        delivered: before.delivered,
        rejected: before.rejected,
      });
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.#db.close();
    this.#lock.close();
  }
}

function takeLock(path: string): DatabaseSync {
  let lock: DatabaseSync;
  try {
    if (!existsSync(dirname(path))) throw new Error(`the directory "${dirname(path)}" does not exist`);
    lock = new DatabaseSync(`${path}.lock`);
  } catch (error) {
    throw unusable(path, error);
  }
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    if (/locked/.test(reasonOf(error))) throw userError('SPOOL_LOCKED', { path });
    throw unusable(path, error);
  }
}

/**
 * Whether a server owns the spool. Changes nothing.
 * @throws RedirectorError SPOOL_UNUSABLE
 */
export function isSpoolLocked(path: string): boolean {
  if (!existsSync(`${path}.lock`)) return false;
  try {
    const lock = new DatabaseSync(`${path}.lock`, { readOnly: true });
    try {
      lock.prepare('SELECT 1 FROM sqlite_master').get();
      return false;
    } finally {
      lock.close();
    }
  } catch (error) {
    if (/locked/.test(reasonOf(error))) return true;
    throw unusable(path, error);
  }
}

/** The named error of a file that SQLite cannot work with. */
export const unusable = (path: string, error: unknown): RedirectorError =>
  error instanceof RedirectorError
    ? error
    : userError('SPOOL_UNUSABLE', { path, reason: reasonOf(error) }, { cause: error });
