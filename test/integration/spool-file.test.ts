import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { NO_PLACE } from '../../src/server/queue/lane.ts';
import { owner } from '../../src/server/queue/slab-layout.ts';
import type { SendOutcome } from '../../src/server/sink/sink.ts';
import { type SpoolBatch, SpoolFile } from '../../src/server/sink/spool-file.ts';
import { FORMAT } from '../../src/server/sink/spool-format.ts';
import { recordsFrom, SpoolReader } from '../../src/server/sink/spool-reader.ts';
import { SpoolSink } from '../../src/server/sink/spool-sink.ts';
import { version } from '../../src/version.ts';
import { temporaryDirectory } from '../support/guarded.ts';
import { makeQueue, sealedSlab, TIME, valuesOf } from '../support/queue-fixture.ts';
import { sinkHost } from '../support/sink-host.ts';

const newPath = (): string => join(temporaryDirectory('spool'), 'spool.db');

const batchOf = (ticket: number, records = 2): SpoolBatch => ({
  boot: 'boot',
  ticket: BigInt(ticket),
  records,
  baseTime: TIME,
  maxTime: TIME,
  section: Buffer.alloc(100, ticket),
  pin: undefined,
  topic: undefined,
  place: -1,
});

/** Sends slabs of 100 records into a spool with room for about three. */
async function fillBeyondCap(whenFull: 'drop_oldest' | 'drop_newest') {
  const path = newPath();
  const file = new SpoolFile(path, 'boot');
  const queue = makeQueue({ slabs: 8 });
  const host = sinkHost();
  const sink = new SpoolSink({
    ...queue,
    file,
    boot: 'boot',
    maxBytes: 4000,
    whenFull,
    emptied: false,
    isLeaving: () => false,
    host,
    onCommit() {},
  });
  await sink.open();
  const outcomes: SendOutcome[] = [];
  for (const letter of ['a', 'b', 'c', 'd', 'e']) {
    sealedSlab(queue, valuesOf(100, letter));
    outcomes.push(await sink.send(queue.pool.takeSealed(owner.SPOOLER)));
  }
  await sink.close();
  assert.ok(file.level.bytes <= 4000);
  const counts = { ...file.counts };
  const { records } = file.level;
  file.close();
  const reader = new SpoolReader(path);
  const offsets = Array.from(reader.rows(0), ({ firstOffset }) => firstOffset);
  const next = reader.nextOffset();
  reader.close();
  return { outcomes, counts, records, offsets, next };
}

describe('a spool at its cap', () => {
  it('lets the oldest rows go with drop_oldest, counted as expired, and offsets stay', async () => {
    const { outcomes, counts, records, offsets, next } = await fillBeyondCap('drop_oldest');
    assert.deepEqual(outcomes, Array(5).fill({ kind: 'spooled' }));
    assert.equal(counts.expired + records, 500);
    assert.ok(counts.expired > 0);
    assert.deepEqual(offsets, [100, 200, 300, 400].slice(-offsets.length));
    assert.equal(next, 500);
  });

  it('refuses new rows with drop_newest, as spool_full', async () => {
    const { outcomes, counts, records, offsets } = await fillBeyondCap('drop_newest');
    const refused = outcomes.filter(({ kind }) => kind === 'dropped');
    assert.ok(refused.length > 0);
    for (const outcome of refused) assert.deepEqual(outcome, { kind: 'dropped', reason: 'spool_full' });
    assert.equal(records, 100 * (5 - refused.length));
    assert.equal(counts.expired, 0);
    assert.equal(offsets[0], 0);
  });

  for (const whenFull of ['drop_oldest', 'drop_newest'] as const) {
    it(`needs no room for a slab that is there already, with ${whenFull}`, async () => {
      const file = new SpoolFile(newPath(), 'boot');
      const queue = makeQueue();
      const host = sinkHost();
      sealedSlab(queue, valuesOf(100));
      const slab = queue.pool.takeSealed(owner.SPOOLER);
      const maxBytes = queue.pool.recordBytes(slab);
      // A spooler that died after its commit has filled the spool; its successor writes the slab again.
      for (const life of ['dead', 'successor']) {
        const sink = new SpoolSink({
          ...queue,
          file,
          boot: 'boot',
          maxBytes,
          whenFull,
          emptied: false,
          isLeaving: () => false,
          host,
          onCommit() {},
        });
        await sink.open();
        assert.deepEqual(await sink.send(slab), { kind: 'spooled' }, life);
        await sink.close();
      }
      assert.deepEqual(file.level, { records: 100, bytes: maxBytes });
      assert.equal(file.counts.expired, 0);
      file.close();
    });
  }
});

describe('the spool file', () => {
  it('keeps a batch that is written twice once', () => {
    const file = new SpoolFile(newPath(), 'boot');
    for (const ticket of [1, 2, 1]) file.transaction(() => file.insert(batchOf(ticket)));
    assert.deepEqual(file.level, { records: 4, bytes: 200 });
    file.close();
  });

  it('never gives an offset or a row twice, also after all rows are gone and it was opened anew', () => {
    const path = newPath();
    let file = new SpoolFile(path, 'boot');
    file.transaction(() => file.insert(batchOf(1, 10)));
    const { row } = file.next(0)!;
    file.transaction(() => file.remove(row, 'delivered'));
    file.close();
    file = new SpoolFile(path, 'another boot');
    file.transaction(() => file.insert(batchOf(1, 5)));
    const next = file.next(0)!;
    assert.equal(next.firstOffset, 10);
    assert.ok(next.row > row);
    assert.deepEqual(file.counts, { expired: 0, delivered: 0, rejected: 0 }, 'counts are of this boot');
    file.close();
  });

  it('takes back levels and counts with a transaction that fails', () => {
    const file = new SpoolFile(newPath(), 'boot');
    file.transaction(() => file.insert(batchOf(1)));
    const failing = () =>
      file.transaction(() => {
        file.insert(batchOf(2));
        file.remove(1, 'expired');
        throw new Error('disk full');
      });
    assert.throws(failing, /disk full/);
    assert.deepEqual(file.level, { records: 2, bytes: 100 });
    assert.deepEqual(file.counts, { expired: 0, delivered: 0, rejected: 0 });
    file.transaction(() => file.insert(batchOf(3)));
    assert.deepEqual(file.level, { records: 4, bytes: 200 });
    file.close();
  });
});

describe('a spool that cannot be had', () => {
  const refused = (path: string, code: string, message: RegExp) =>
    assert.throws(() => new SpoolFile(path, 'boot').close(), { code, message });

  it('because its directory is missing says so', () => {
    refused(join(newPath(), 'spool.db'), 'SPOOL_UNUSABLE', /the directory ".*spool\.db" does not exist/);
  });

  it('because nothing can be written there says so', {
    skip: process.platform !== 'linux' && 'no /proc',
  }, () => {
    refused('/proc/spool.db', 'SPOOL_UNUSABLE', /"\/proc\/spool\.db" cannot be used: unable to open/);
  });

  it('because it is no database, or a directory, says so, and leaves it alone', () => {
    const path = newPath();
    writeFileSync(path, 'these are my notes, and they are not a database\n'.repeat(100));
    refused(path, 'SPOOL_UNUSABLE', /not a database/);
    const directory = newPath();
    mkdirSync(directory);
    refused(directory, 'SPOOL_UNUSABLE', /unable to open/);
  });

  it('because its format is newer says which versions, changes nothing, and does not stay locked', () => {
    const path = newPath();
    new SpoolFile(path, 'boot').close();
    const db = new DatabaseSync(path);
    const write = db.prepare('UPDATE meta SET value = ? WHERE key = ?');
    const newer = String(FORMAT + 1);
    write.run(newer, 'format');
    write.run('7.0.0', 'program');
    const sentence = new RegExp(
      `has format ${newer} \\(written by Redirector 7\\.0\\.0\\), and Redirector ${version()} reads formats up to ${FORMAT}\\.`,
    );
    refused(path, 'SPOOL_TOO_NEW', sentence);
    assert.throws(() => new SpoolReader(path), { code: 'SPOOL_TOO_NEW', message: sentence });
    assert.equal(db.prepare("SELECT value FROM meta WHERE key = 'program'").get()?.value, '7.0.0');
    write.run(String(FORMAT), 'format');
    db.close();
    new SpoolFile(path, 'boot').close();
  });
});

describe('a spool of any format', () => {
  const paths = (file: SpoolReader): string[] =>
    [...recordsFrom(file, 0)].map(({ value }) => JSON.parse(Buffer.from(value).toString('utf8')).path);

  const cases = new URL('../cases/spool/', import.meta.url);
  const dumps = globSync('format-*.sql', { cwd: cases }).sort();

  it('has a case for each: sqlite3 .dump of a file with clicks on /spring and /autumn', () => {
    const formats = Array.from({ length: FORMAT }, (_, index) => `format-${index + 1}.sql`);
    assert.deepEqual(
      formats.filter((name) => !dumps.includes(name)),
      [],
    );
  });

  for (const name of dumps) {
    it(`is read, brought up to date and gone on with: ${name}`, (t) => {
      const path = newPath();
      const db = new DatabaseSync(path);
      db.exec(readFileSync(new URL(name, cases), 'utf8'));
      db.close();
      const read = () => {
        const reader = new SpoolReader(path);
        t.after(() => reader.close());
        return paths(reader);
      };
      assert.deepEqual(read(), ['/spring', '/autumn'], 'as it is');
      const file = new SpoolFile(path, 'boot');
      file.transaction(() => file.insert({ ...batchOf(1, 1), section: file.next(0)!.section }));
      assert.deepEqual([file.level.records, file.next(2)!.firstOffset], [3, 2]);
      const goesTo = [0, 1].map((row) => [file.next(row)!.topic, file.next(row)!.place]);
      const ofOptions = [undefined, NO_PLACE]; // before format 3 no row said where it goes
      const ofRules = [
        [undefined, 1],
        ['orders', 3],
      ];
      assert.deepEqual(goesTo, name < 'format-3' ? [ofOptions, ofOptions] : ofRules);
      file.close();
      assert.deepEqual(read(), ['/spring', '/autumn', '/spring']);
    });
  }
});

describe('a process that owns a spool', () => {
  /** Writes a row a transaction and prints its ticket once it is committed, until it is killed. */
  const WRITER = `
    import { SpoolFile } from '${new URL('../../src/server/sink/spool-file.ts', import.meta.url)}';
    const file = new SpoolFile(process.argv[1], 'boot');
    for (let ticket = 1n; ; ticket++) {
      file.transaction(() => file.insert({ boot: 'boot', ticket, records: 1, baseTime: 0, maxTime: 0, section: new Uint8Array(5000), pin: undefined, topic: undefined, place: ${NO_PLACE} }));
      process.stdout.write(ticket + '\\n');
      await new Promise(setImmediate);
    }`;

  it('keeps others out, and loses no committed row when it is killed', async (t) => {
    const path = newPath();
    const args = ['--input-type=module-typescript', '--eval', WRITER, path];
    const writer = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => writer.kill('SIGKILL'));
    let committed = 0;
    const lines = createInterface(writer.stdout);
    const enough = Promise.withResolvers<void>();
    lines.on('line', (line) => {
      committed = Number(line);
      if (committed === 200) enough.resolve();
    });
    await enough.promise;
    assert.throws(() => new SpoolFile(path, 'other'), { code: 'SPOOL_LOCKED' });
    const reader = new SpoolReader(path);
    assert.ok(reader.level().rows >= 200, 'it can be read beside its owner');
    reader.close();
    writer.kill('SIGKILL');
    await once(writer, 'close');
    const file = new SpoolFile(path, 'next boot');
    assert.ok(file.level.records >= committed, `${file.level.records} of ${committed}`);
    file.close();
  });
});
