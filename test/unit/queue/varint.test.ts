import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { VarintReader, varintSize, writeVarint } from '../../../src/server/queue/varint.ts';

const Encoder = createRequire(import.meta.url)('kafkajs/src/protocol/encoder') as new () => {
  writeVarInt(value: number): { readonly buffer: Buffer };
};

/** Around every length of a zig-zag varint, and the ends of 32 bits. */
const boundaries = [6, 13, 20, 27].flatMap((bits) =>
  [-1, 0, 1].flatMap((step) => [2 ** bits + step, -(2 ** bits) + step]),
);
const values = [0, 1, -1, 2, -2, ...boundaries, 2 ** 31 - 2, 2 ** 31 - 1, -(2 ** 31) + 1, -(2 ** 31)];

describe('a varint', () => {
  for (const value of values) {
    it(`of ${value} is what kafkajs writes, and is read back`, () => {
      const bytes = Buffer.alloc(7, 0xee);
      const end = writeVarint(bytes, 1, value);
      assert.deepEqual(bytes.subarray(1, end), new Encoder().writeVarInt(value).buffer);
      assert.equal(end - 1, varintSize(value));
      assert.equal(bytes[0], 0xee);
      assert.equal(bytes[end], 0xee);
      const reader = new VarintReader(bytes, 1);
      assert.equal(reader.next(), value);
      assert.equal(reader.offset, end);
    });
  }

  it('that is cut off is a RangeError', () => {
    const bytes = Buffer.alloc(5);
    const end = writeVarint(bytes, 0, 2 ** 30);
    for (let cut = 0; cut < end; cut++) {
      assert.throws(() => new VarintReader(bytes.subarray(0, cut), 0).next(), RangeError);
    }
  });

  it('longer than 32 bits need is a RangeError', () => {
    const bytes = Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x01);
    assert.throws(() => new VarintReader(bytes, 0).next(), RangeError);
  });
});

describe('a reader of varints', () => {
  it('takes bytes as a view, null for length -1, and never past the end', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const reader = new VarintReader(bytes, 1);
    assert.equal(reader.take(-1), null);
    const view = reader.take(2)!;
    assert.deepEqual(view, Uint8Array.of(2, 3));
    assert.equal(view.buffer, bytes.buffer);
    assert.deepEqual(reader.take(0), new Uint8Array());
    assert.throws(() => reader.take(1), RangeError);
  });
});
