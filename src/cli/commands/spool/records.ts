/** Prints records of the spool. */
import { once } from 'node:events';
import { recordsFrom, type SpoolReader } from '../../../server/sink/spool-reader.ts';

const NEWLINE = Buffer.from('\n');
const CHUNK_BYTES = 64 * 1024;

/**
 * Prints values one a line, as fast as standard output takes them.
 * @returns the offset after the last one
 */
export async function printRecords(reader: SpoolReader, offset: number): Promise<number> {
  let next = offset;
  let chunk: Uint8Array[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    const full = process.stdout.write(Buffer.concat(chunk));
    chunk = [];
    bytes = 0;
    if (!full) await once(process.stdout, 'drain');
  };
  for (const record of recordsFrom(reader, offset)) {
    chunk.push(record.value, NEWLINE);
    bytes += record.value.length + 1;
    next = record.offset + 1;
    if (bytes >= CHUNK_BYTES) await flush();
  }
  if (bytes > 0) await flush();
  return next;
}
