/** Reads the spool beside a server that writes it, or without one. Nothing is changed. */
import { existsSync } from 'node:fs';
import { userError } from '../../errors.ts';
import { decodeRecords } from '../queue/record-batch.ts';
import { ROW_COLUMNS, type SpoolLevel, type SpoolRow, unusable } from './spool-file.ts';
import { formatOf } from './spool-format.ts';
import { DatabaseSync } from './sqlite.ts';

/** A reader beside the owner, or without one. */
export class SpoolReader {
  readonly #db: DatabaseSync;
  readonly #path: string;

  /** @throws RedirectorError SPOOL_NOT_FOUND, SPOOL_TOO_NEW, SPOOL_UNUSABLE */
  constructor(path: string) {
    if (!existsSync(path)) throw userError('SPOOL_NOT_FOUND', { path });
    this.#path = path;
    try {
      this.#db = new DatabaseSync(path, { readOnly: true });
      formatOf(this.#db, path);
      this.level();
    } catch (error) {
      throw unusable(path, error);
    }
  }

  level(): SpoolLevel & { readonly rows: number; readonly oldestTime: number | null } {
    return this.#db
      .prepare(
        `SELECT coalesce(sum(records), 0) AS records, coalesce(sum(bytes), 0) AS bytes, count(*) AS rows,
                min(base_time) AS oldestTime FROM batch`,
      )
      .get() as never;
  }

  /** The offset that the next record will have. */
  nextOffset(): number {
    const found = this.#db.prepare("SELECT value FROM meta WHERE key = 'nextOffset'").get();
    return Number(found?.value ?? 0);
  }

  /** Rows that hold records at or after `offset`, oldest first. */
  *rows(offset: number): Generator<SpoolRow> {
    const query = this.#db.prepare(
      `SELECT ${ROW_COLUMNS} FROM batch WHERE first_offset + records > ? ORDER BY row`,
    );
    try {
      yield* query.iterate(offset) as unknown as Iterable<SpoolRow>;
    } catch (error) {
      throw unusable(this.#path, error);
    }
  }

  close(): void {
    this.#db.close();
  }
}

/** Values of the records at or after `offset`, oldest first, with their offsets. */
export function* recordsFrom(
  reader: SpoolReader,
  offset: number,
): Generator<{ offset: number; value: Uint8Array }> {
  for (const row of reader.rows(offset)) {
    let at = row.firstOffset;
    for (const { value } of decodeRecords(row.section)) {
      if (at >= offset) yield { offset: at, value: value ?? new Uint8Array() };
      at++;
    }
  }
}
