import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32c } from '@node-rs/crc32';
import {
  appendRecord,
  BATCH_HEADER_BYTES,
  decodeRecords,
  encodeHeaders,
  finishBatch,
  type RecordInput,
  sliceRecords,
} from '../../../src/server/queue/record-batch.ts';
import { SlabPool } from '../../../src/server/queue/slab-pool.ts';
import { buildBatch } from '../../../src/server/sink/batch-builder.ts';
import { halvePart, nextPart } from '../../../src/server/sink/slab-part.ts';
import { decodeBatch } from '../../support/decoded-batch.ts';
import { makeQueue, makeWriter, sealedSlab, TIME, valuesOf } from '../../support/queue-fixture.ts';

const bytesOf = (value: string | Uint8Array): Buffer => Buffer.from(value as Uint8Array);

/** Encodes records as a listener does, and decodes the batch as kafkajs does. */
async function roundTrip(records: readonly RecordInput[]) {
  const queue = makeQueue();
  const slab = sealedSlab(queue, records);
  const batch = await decodeBatch(await buildBatch(queue.pool, slab, 'none'));
  assert.equal(batch.records.length, records.length);
  assert.equal(batch.lastOffsetDelta, records.length - 1);
  for (const [place, record] of batch.records.entries()) {
    assert.equal(record.offset, String(place));
    assert.deepEqual(record.value, bytesOf(records[place]!.value));
    const { key = null } = records[place]!;
    assert.deepEqual(record.key, key === null ? null : Buffer.from(key));
  }
  return batch;
}

/** The largest value that one record without key and headers can have in a slab. */
const LARGEST = SlabPool.RECORD_ROOM - 11; // two lengths of 3 bytes; attributes, two deltas, no key, no headers: 1 byte each

describe('a batch that we encode is decoded by kafkajs to what was pushed', () => {
  const lengths = [0, 1, 55, 56, 57, 63, 64, 8183, 8184, 8185, 8191, 8192, 200_000, LARGEST];
  for (const length of lengths) {
    it(`with a value of ${length} bytes`, async () => {
      await roundTrip([{ value: Buffer.alloc(length, 'x') }]);
      if (length < 100_000) await roundTrip([{ value: 'x'.repeat(length) }, { value: 'next' }]);
    });
  }

  it('with 1,000 records', async () => {
    await roundTrip(valuesOf(1000).map((value) => ({ value })));
  });

  it('with text beyond ASCII, its length counted in bytes', async () => {
    const texts = ['ä', '日本語', '🦊', `${'é'.repeat(31)}x`, 'é'.repeat(32), '\u2028', '\0'];
    await roundTrip(texts.map((value) => ({ value })));
  });

  it('with half a surrogate pair, which becomes U+FFFD', async () => {
    const queue = makeQueue();
    const slab = sealedSlab(queue, ['a\ud800b', 'next']);
    const { records } = await decodeBatch(await buildBatch(queue.pool, slab, 'none'));
    assert.deepEqual(
      records.map(({ value }) => value?.toString()),
      ['a\ufffdb', 'next'],
    );
  });

  it('with bytes that are not UTF-8', async () => {
    await roundTrip([{ value: Uint8Array.from({ length: 256 }, (_, byte) => byte) }]);
  });

  it('with keys: none, empty, and of any bytes', async () => {
    const key = Uint8Array.of(0, 0xff, 0x80);
    const long = Buffer.alloc(64, 'k');
    await roundTrip([
      { value: 'a', key: null },
      { value: 'b', key: new Uint8Array() },
      { value: 'c', key },
      { value: 'd', key: long },
    ]);
  });

  it('with headers: none, one, several, and one name twice', async () => {
    const { records } = await roundTrip([
      { value: 'none', headers: encodeHeaders([]) },
      { value: 'one', headers: encodeHeaders([['traceparent', '00-ä-01']]) },
      {
        value: 'two',
        key: Buffer.from('k'),
        headers: encodeHeaders([
          ['a', ''],
          ['b', 'x'.repeat(64)],
        ]),
      },
      {
        value: 'twice',
        headers: encodeHeaders([
          ['a', '1'],
          ['a', '2'],
        ]),
      },
    ]);
    const text = records.map(({ headers }) =>
      JSON.parse(
        JSON.stringify(headers, (_, value) =>
          value?.type === 'Buffer' ? Buffer.from(value.data).toString() : value,
        ),
      ),
    );
    assert.deepEqual(text, [{}, { traceparent: '00-ä-01' }, { a: '', b: 'x'.repeat(64) }, { a: ['1', '2'] }]);
  });

  it('with each record’s time, also where the clock was set back or forth', async () => {
    const queue = makeQueue();
    const writer = makeWriter(queue);
    const times = [0, 1, -1, 63, 64, -64, -65, -3_600_000, 3_600_000].map((delta) => TIME + delta);
    for (const time of times) writer.tryPush({ value: 'x' }, time);
    const { slab } = writer.lastPlace;
    writer.seal();
    const batch = await decodeBatch(await buildBatch(queue.pool, slab, 'none'));
    assert.deepEqual(
      batch.records.map(({ timestamp }) => Number(timestamp)),
      times,
    );
    assert.equal(batch.firstTimestamp, String(TIME));
    assert.equal(batch.maxTimestamp, String(TIME + 3_600_000));
  });

  it('with what the header says, and its CRC over all from the attributes on', async () => {
    const batch = Buffer.alloc(200);
    const end = appendRecord(batch, BATCH_HEADER_BYTES, batch.length, { value: 'x' }, 0, 0);
    const whole = batch.subarray(0, end);
    const header = { records: 1, baseTimestamp: TIME, maxTimestamp: TIME + 5, producerId: 2n ** 40n };
    finishBatch(whole, { ...header, producerEpoch: 7, baseSequence: 2 ** 31 - 1, compression: 0 });
    const { records, ...decoded } = await decodeBatch(whole);
    assert.equal(records.length, 1);
    assert.equal(decoded.producerId, String(2n ** 40n));
    assert.equal(decoded.producerEpoch, 7);
    assert.equal(decoded.firstSequence, 2 ** 31 - 1);
    assert.equal(decoded.inTransaction, false);
    assert.equal(whole.readInt32BE(8), whole.length - 12);
    assert.equal(whole.readUInt32BE(17), crc32c(whole.subarray(21)));
  });

  it('without a producer id, as a batch that is not idempotent', async () => {
    const batch = await roundTrip([{ value: 'x' }]);
    assert.deepEqual([batch.producerId, batch.producerEpoch, batch.firstSequence], ['-1', -1, -1]);
  });
});

describe('a record that does not fit', () => {
  it('is refused to the byte and leaves the bytes alone', () => {
    const bytes = Buffer.alloc(40, 0xee);
    const input = { value: 'value', key: Buffer.from('key'), headers: encodeHeaders([['h', 'v']]) };
    const end = appendRecord(bytes, 3, bytes.length, input, -70, 8192);
    assert.ok(end > 3);
    const fresh = Buffer.alloc(40, 0xee);
    assert.equal(appendRecord(fresh, 3, end - 1, input, -70, 8192), -1);
    assert.deepEqual(fresh, Buffer.alloc(40, 0xee));
    assert.equal(appendRecord(fresh, 3, end, input, -70, 8192), end);
    assert.deepEqual(fresh, bytes);
  });
});

describe('reading records back', () => {
  const records: RecordInput[] = [
    { value: '', key: null },
    { value: 'x'.repeat(64), key: Buffer.from('key') },
    {
      value: Uint8Array.of(0xff, 0),
      headers: encodeHeaders([
        ['a', '1'],
        ['b', ''],
      ]),
    },
  ];
  const bytes = Buffer.alloc(300);
  let end = 0;
  const ends = [0];
  for (const [place, record] of records.entries()) {
    end = appendRecord(bytes, end, bytes.length, record, -place, place);
    ends.push(end);
  }

  it('gives what was written', () => {
    const found = [...decodeRecords(bytes.subarray(0, end))];
    assert.deepEqual(
      found.map(({ value, key, timestampDelta, offsetDelta, headers }) => ({
        value: Buffer.from(value!),
        key: key === null ? null : Buffer.from(key).toString(),
        timestampDelta: timestampDelta + 0,
        offsetDelta,
        headers: headers.map(([name, text]) => [name, Buffer.from(text!).toString()]),
      })),
      [
        { value: Buffer.from(''), key: null, timestampDelta: 0, offsetDelta: 0, headers: [] },
        { value: Buffer.alloc(64, 'x'), key: 'key', timestampDelta: -1, offsetDelta: 1, headers: [] },
        {
          value: Buffer.from([0xff, 0]),
          key: null,
          timestampDelta: -2,
          offsetDelta: 2,
          headers: [
            ['a', '1'],
            ['b', ''],
          ],
        },
      ],
    );
  });

  it('is a RangeError wherever the bytes are torn, never half a record', () => {
    for (let cut = 1; cut < end; cut++) {
      const torn = bytes.subarray(0, cut);
      if (ends.includes(cut)) assert.equal([...decodeRecords(torn)].length, ends.indexOf(cut));
      else assert.throws(() => [...decodeRecords(torn)], RangeError, `cut at ${cut}`);
    }
  });

  it('is a RangeError, not an endless loop or a crash, for any byte changed to any of some', () => {
    for (let at = 0; at < end; at++) {
      for (const byte of [0, 1, 0x7f, 0x80, 0xff]) {
        const changed = Buffer.from(bytes.subarray(0, end));
        changed[at] = byte;
        try {
          for (const record of decodeRecords(changed)) assert.ok(record.offsetDelta >= -(2 ** 31));
        } catch (error) {
          assert.ok(error instanceof RangeError, String(error));
        }
      }
    }
  });
});

describe('a slice of the records of a batch', () => {
  const records: RecordInput[] = Array.from({ length: 300 }, (_, index) => ({
    value: `value ${index}`,
    key: index % 3 === 0 ? Buffer.from(`key ${index}`) : null,
    headers: encodeHeaders(index % 2 === 0 ? [['name', String(index)]] : []),
  }));
  const queue = makeQueue();
  const slab = sealedSlab(queue, records);
  const section = queue.pool.bytes(slab).subarray(BATCH_HEADER_BYTES);
  const whole = section.subarray(0, queue.pool.recordBytes(slab));
  const all = [...decodeRecords(whole)];

  for (const [first, count] of [
    [0, 300],
    [0, 1],
    [100, 150],
    [299, 1],
  ] as const) {
    it(`from ${first}, ${count} long, holds the same records, with places from 0 on`, () => {
      const slice = [...decodeRecords(sliceRecords(whole, first, count))];
      const expected = all.slice(first, first + count);
      assert.deepEqual(
        slice,
        expected.map((record, offsetDelta) => ({ ...record, offsetDelta })),
      );
    });
  }

  it('that is longer than the batch is an error', () => {
    assert.throws(() => sliceRecords(whole, 299, 2), RangeError);
  });
});

describe('the batch of a part of a slab', () => {
  for (const compression of ['none', 'gzip'] as const) {
    it(`with compression ${compression} is decoded by kafkajs to the records of that part`, async () => {
      const { pool, ...queue } = makeQueue();
      const slab = sealedSlab({ pool, ...queue }, valuesOf(9));
      halvePart(pool, slab);
      const parts: string[][] = [];
      do {
        const { records, lastOffsetDelta } = await decodeBatch(await buildBatch(pool, slab, compression));
        assert.equal(lastOffsetDelta, records.length - 1);
        parts.push(records.map(({ value }) => String(value)));
      } while (nextPart(pool, slab));
      assert.deepEqual(parts, [valuesOf(9).slice(0, 4), valuesOf(9).slice(4, 8), valuesOf(9).slice(8)]);
    });
  }
});
