/**
 * Kafka's RecordBatch, magic 2 (kafka.apache.org/documentation/#recordbatch). A slab's bytes are one batch: 61 bytes of
 * header, then the records. Listeners write records as they arrive; whoever sends the slab fills in the header.
 */
import { crc32c } from '@node-rs/crc32';
import { VarintReader, varintSize, writeVarint } from './varint.ts';

/** Bytes before the first record. */
export const BATCH_HEADER_BYTES = 61;

const at = {
  baseOffset: 0,
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  count: 57,
} as const;
/** baseOffset and length themselves are not part of `length`. */
const LENGTH_STARTS_AT = at.leaderEpoch;

/** Compression codes of the attributes' low three bits. */
export const compressionCode = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;

/** What the header says beside the records. Without a producer id the batch is not idempotent (-1, -1, -1). */
export interface BatchHeader {
  readonly records: number;
  /** Wall-clock ms. */
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  /** One of compressionCode; the bytes after the header are already compressed with it. */
  readonly compression: number;
}

/** Writes the header and the CRC32C into `batch`, whose bytes after the header are the records section. */
export function finishBatch(batch: Buffer, header: BatchHeader): void {
  batch.writeBigInt64BE(0n, at.baseOffset);
  batch.writeInt32BE(batch.length - LENGTH_STARTS_AT, at.length);
  batch.writeInt32BE(-1, at.leaderEpoch);
  batch.writeInt8(2, at.magic);
  batch.writeInt16BE(header.compression, at.attributes);
  batch.writeInt32BE(header.records - 1, at.lastOffsetDelta);
  batch.writeBigInt64BE(BigInt(header.baseTimestamp), at.baseTimestamp);
  batch.writeBigInt64BE(BigInt(header.maxTimestamp), at.maxTimestamp);
  batch.writeBigInt64BE(header.producerId, at.producerId);
  batch.writeInt16BE(header.producerEpoch, at.producerEpoch);
  batch.writeInt32BE(header.baseSequence, at.baseSequence);
  batch.writeInt32BE(header.records, at.count);
  // The CRC covers everything from the attributes on.
  batch.writeUInt32BE(crc32c(batch.subarray(at.attributes)), at.crc);
}

const EMPTY_HEADERS = Uint8Array.of(0);

/** Record headers in their wire form: a count, then key and value of each. Without pairs: one zero byte. */
export function encodeHeaders(pairs: readonly (readonly [string, string])[]): Uint8Array {
  if (pairs.length === 0) return EMPTY_HEADERS;
  const parts: Buffer[] = [varint(pairs.length)];
  for (const text of pairs.flat()) {
    const bytes = Buffer.from(text);
    parts.push(varint(bytes.length), bytes);
  }
  return Buffer.concat(parts);
}

function varint(value: number): Buffer {
  const bytes = Buffer.alloc(varintSize(value));
  writeVarint(bytes, 0, value);
  return bytes;
}

/** One record to append: text is written as UTF-8. `headers` comes from encodeHeaders. */
export interface RecordInput {
  readonly value: string | Uint8Array;
  readonly key?: Uint8Array | null;
  readonly headers?: Uint8Array;
}

const byteLength = (value: string | Uint8Array): number =>
  typeof value === 'string' ? Buffer.byteLength(value) : value.length;

/** Bytes of UTF-8 that a UTF-16 unit takes at most. */
const MOST_BYTES_A_UNIT = 3;

/**
 * Appends one record at `offset` and returns the offset after it, or -1 when it does not fit before `end`.
 * @param timestampDelta ms after the batch's base timestamp
 * @param offsetDelta place of the record in the batch
 */
export function appendRecord(
  bytes: Buffer,
  offset: number,
  end: number,
  record: RecordInput,
  timestampDelta: number,
  offsetDelta: number,
): number {
  const { value, key = null, headers = EMPTY_HEADERS } = record;
  const keyBytes = key === null ? 0 : key.length;
  /** Of what stands between the record's length and its value's. */
  const before =
    1 +
    varintSize(timestampDelta) +
    varintSize(offsetDelta) +
    varintSize(key === null ? -1 : keyBytes) +
    keyBytes;
  // To measure a text costs as much as to write it. So it is written where it stands if both lengths take two bytes, as they
  // nearly always do, and measured only if they do not.
  const likely = offset + 2 + before + 2;
  const isRoomy =
    typeof value === 'string' && likely + value.length * MOST_BYTES_A_UNIT + headers.length <= end;
  const written = isRoomy ? bytes.write(value, likely) : -1;
  const valueBytes = written === -1 ? byteLength(value) : written;
  const body = before + varintSize(valueBytes) + valueBytes + headers.length;
  if (offset + varintSize(body) + body > end) return -1;

  let cursor = writeVarint(bytes, offset, body);
  bytes[cursor++] = 0; // attributes: unused by Kafka
  cursor = writeVarint(bytes, cursor, timestampDelta);
  cursor = writeVarint(bytes, cursor, offsetDelta);
  cursor = writeVarint(bytes, cursor, key === null ? -1 : keyBytes);
  if (key !== null) {
    bytes.set(key, cursor);
    cursor += keyBytes;
  }
  const valueAt = cursor + varintSize(valueBytes);
  if (typeof value !== 'string') bytes.set(value, valueAt);
  else if (written === -1 || valueAt !== likely) bytes.write(value, valueAt, valueBytes, 'utf8');
  writeVarint(bytes, cursor, valueBytes);
  cursor = valueAt + valueBytes;
  bytes.set(headers, cursor);
  return cursor + headers.length;
}

/**
 * Records of an uncompressed section as the section of a batch of their own: `count` of them, from the one at `first` on.
 * @throws RangeError when the bytes are not whole records, or too few
 */
export function sliceRecords(section: Uint8Array, first: number, count: number): Buffer {
  const reader = new VarintReader(section, 0);
  const slice = Buffer.alloc(section.length); // places in the batch become smaller, so nothing grows
  let cursor = 0;
  for (let index = 0; index < first + count; index++) {
    const length = reader.next();
    const record = new VarintReader(reader.take(length) ?? new Uint8Array(), 0);
    if (index < first) continue;
    record.take(1); // attributes
    const timestampDelta = record.next();
    record.next(); // its place in the batch that it was in
    const rest = record.bytes.subarray(record.offset);
    const place = index - first;
    const body = 1 + varintSize(timestampDelta) + varintSize(place) + rest.length;
    cursor = writeVarint(slice, cursor, body);
    slice[cursor++] = 0;
    cursor = writeVarint(slice, writeVarint(slice, cursor, timestampDelta), place);
    slice.set(rest, cursor);
    cursor += rest.length;
  }
  return slice.subarray(0, cursor);
}

/** One record as read back; the bytes are views. */
export interface DecodedRecord {
  readonly timestampDelta: number;
  readonly offsetDelta: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly (readonly [string, Uint8Array | null])[];
}

/**
 * Reads the records of an uncompressed records section, one after another.
 * @throws RangeError when the bytes are not whole records
 */
export function* decodeRecords(section: Uint8Array): Generator<DecodedRecord> {
  const reader = new VarintReader(section, 0);
  while (reader.offset < section.length) {
    const length = reader.next();
    const end = reader.offset + length;
    reader.take(1); // attributes
    const timestampDelta = reader.next();
    const offsetDelta = reader.next();
    const key = reader.take(reader.next());
    const value = reader.take(reader.next());
    const headers: [string, Uint8Array | null][] = [];
    // One by one: a torn count can be two thousand million, and an array of that length stalls the thread.
    for (let left = reader.next(); left > 0; left--) {
      const name = Buffer.from(reader.take(reader.next()) ?? []).toString();
      headers.push([name, reader.take(reader.next())]);
    }
    if (reader.offset !== end) throw new RangeError('record: its length does not match its content');
    yield { timestampDelta, offsetDelta, key, value, headers };
  }
}
