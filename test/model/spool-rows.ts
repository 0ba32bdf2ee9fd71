/** Rows of the spool of the model: those that a server before this one has left, and those that are there. */
import { existsSync } from 'node:fs';
import { NO_PLACE } from '../../src/server/queue/lane.ts';
import { appendRecord, BATCH_HEADER_BYTES } from '../../src/server/queue/record-batch.ts';
import { SpoolFile } from '../../src/server/sink/spool-file.ts';
import { recordsFrom, SpoolReader } from '../../src/server/sink/spool-reader.ts';
import { idOf, recordText } from './books.ts';

/** The spool of a thread that may die with it open: what ends after it closes it, if it has not. */
export class HeldSpool extends SpoolFile {
  #closed = false;
  override close(): void {
    if (!this.#closed) super.close();
    this.#closed = true;
  }
}

/**
 * Puts rows of one record each into a new spool, as a server before this one has left them.
 * @returns the records' ids
 */
export function fillSpool(path: string, rows: number, wall: number): string[] {
  if (rows === 0) return [];
  const ids = Array.from({ length: rows }, (_, row) => `old-${row}`);
  const file = new SpoolFile(path, 'before');
  file.transaction(() => {
    for (const [row, id] of ids.entries()) {
      const bytes = Buffer.alloc(BATCH_HEADER_BYTES + 200);
      const end = appendRecord(bytes, 0, bytes.length, { value: recordText(id, 50) }, 0, 0);
      file.insert({
        boot: 'before',
        ticket: BigInt(row),
        records: 1,
        baseTime: wall,
        maxTime: wall,
        section: bytes.subarray(0, end),
        pin: undefined,
        topic: undefined,
        place: NO_PLACE,
      });
    }
  });
  file.close();
  return ids;
}

/** Ids of the records in a spool, read beside its owner; none where there is no spool yet. */
export function idsInSpool(path: string): string[] {
  if (!existsSync(path)) return [];
  const reader = new SpoolReader(path);
  const ids = Array.from(recordsFrom(reader, 0), ({ value }) => idOf(Buffer.from(value).toString()));
  reader.close();
  return ids;
}
