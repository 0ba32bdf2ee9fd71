/**
 * The format of the spool's file: its tables, their version, and how an older file becomes one of today. A newer one is
 * refused, not guessed at. test/cases/spool has a file of each.
 */
import { userError } from '../../errors.ts';
import { version } from '../../version.ts';
import type { DatabaseSync } from './sqlite.ts';

const META = 'CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS batch (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    first_offset INTEGER NOT NULL, -- of its first record; offsets count records and never change
    boot TEXT NOT NULL,
    ticket INTEGER NOT NULL,
    records INTEGER NOT NULL,
    base_time INTEGER NOT NULL,    -- wall-clock ms
    max_time INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    section BLOB NOT NULL,         -- records as in a RecordBatch (record-batch.ts), uncompressed
    pin TEXT,                      -- where its batch may have been sent already (spool-pin.ts)
    topic TEXT,                    -- NULL: the one that the options name
    place INTEGER NOT NULL DEFAULT -1, -- of its records' keys (queue/lane.ts); -1: they have none
    UNIQUE (boot, ticket)
  );`;

/** What each older format lacks of the next one: the first brings a file of format 1 to 2. */
const UPDATES: readonly string[] = [
  'ALTER TABLE batch ADD COLUMN pin TEXT;',
  'ALTER TABLE batch ADD COLUMN topic TEXT; ALTER TABLE batch ADD COLUMN place INTEGER NOT NULL DEFAULT -1;',
];

/** The version of SCHEMA. */
export const FORMAT = UPDATES.length + 1;

const metaOf = (db: DatabaseSync, key: string): string | undefined =>
  db.prepare('SELECT value FROM meta WHERE key = ?').get(key)?.value as string | undefined;

/**
 * The format of a file that has one.
 * @throws RedirectorError SPOOL_TOO_NEW
 */
export function formatOf(db: DatabaseSync, path: string): number | undefined {
  const text = metaOf(db, 'format');
  if (text === undefined) return undefined;
  const format = Number(text);
  if (!(format <= FORMAT)) {
    const writer = metaOf(db, 'program') ?? 'of another version';
    throw userError('SPOOL_TOO_NEW', { path, writer, format: text, version: version(), newest: FORMAT });
  }
  return format;
}

/**
 * Makes the tables, or brings those of an older file up to date; wholly or not at all.
 * @throws RedirectorError SPOOL_TOO_NEW, and then nothing was changed
 */
export function bringUpToDate(db: DatabaseSync, path: string): void {
  db.exec(`BEGIN IMMEDIATE; ${META}`);
  try {
    const format = formatOf(db, path);
    if (format === undefined) db.exec(SCHEMA);
    else for (const update of UPDATES.slice(format - 1)) db.exec(update);
    const put = db.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)');
    put.run('format', String(FORMAT));
    put.run('program', version());
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
