/** Zig-zag varints, as Kafka's record format uses them (Protocol Buffers encoding of signed integers, 32 bits). */

/** Bytes that `value` takes as a zig-zag varint: 1 to 5. */
export function varintSize(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  if (zigzag < 0x80) return 1;
  if (zigzag < 0x4000) return 2;
  if (zigzag < 0x200000) return 3;
  return zigzag < 0x10000000 ? 4 : 5;
}

/** Writes `value` at `offset` and returns the offset after it. */
export function writeVarint(bytes: Uint8Array, offset: number, value: number): number {
  let zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  let at = offset;
  while (zigzag > 0x7f) {
    bytes[at++] = (zigzag & 0x7f) | 0x80;
    zigzag >>>= 7;
  }
  bytes[at++] = zigzag;
  return at;
}

/** Reads varints one after another. */
export class VarintReader {
  readonly bytes: Uint8Array;
  offset: number;

  constructor(bytes: Uint8Array, offset: number) {
    this.bytes = bytes;
    this.offset = offset;
  }

  /** @throws RangeError when the bytes end in the middle of a varint or it is longer than 5 bytes. */
  next(): number {
    let zigzag = 0;
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = this.bytes[this.offset++];
      if (byte === undefined) throw new RangeError('varint: unexpected end of bytes');
      zigzag |= (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) return (zigzag >>> 1) ^ -(zigzag & 1);
    }
    throw new RangeError('varint: longer than 5 bytes');
  }

  /** The next `length` bytes, as a view; null for length -1. */
  take(length: number): Uint8Array | null {
    if (length < 0) return null;
    const end = this.offset + length;
    if (end > this.bytes.length) throw new RangeError('varint: unexpected end of bytes');
    const view = this.bytes.subarray(this.offset, end);
    this.offset = end;
    return view;
  }
}
