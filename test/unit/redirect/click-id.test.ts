import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clickId } from '../../../src/server/redirect/click-id.ts';

const LAYOUT = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('a click id', () => {
  it('has the layout of a UUIDv7 (RFC 9562, 5.7), with its time in the first 48 bits', () => {
    for (const ms of [0, 1, Date.UTC(2026, 10, 25), 2 ** 48 - 1]) {
      const id = clickId(ms);
      assert.match(id, LAYOUT);
      assert.equal(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16), ms);
    }
  });

  it('is ordered by time as text', () => {
    const ids = Array.from({ length: 1000 }, (_, at) => clickId(Date.UTC(2026, 10, 25) + at * 7));
    assert.deepEqual([...ids].sort(), ids);
  });

  it('is another one each time, and every variant occurs', () => {
    const ids = Array.from({ length: 1000 }, () => clickId(5));
    assert.equal(new Set(ids).size, ids.length);
    assert.deepEqual(new Set(ids.map((id) => id[19])), new Set('89ab'));
  });
});
