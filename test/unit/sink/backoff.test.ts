import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Backoff } from '../../../src/server/sink/backoff.ts';

describe('the back-off', () => {
  it('doubles with each failure up to the cap, between half and the whole', () => {
    const backoff = new Backoff(50, 1000);
    for (const whole of [50, 100, 200, 400, 800, 1000, 1000]) {
      const wait = backoff.next();
      assert.ok(wait >= whole / 2 && wait <= whole, `${wait} of ${whole}`);
    }
    assert.equal(backoff.failures, 7);
  });

  it('begins again after a success', () => {
    const backoff = new Backoff(50, 1000);
    for (let i = 0; i < 10; i++) backoff.next();
    backoff.reset();
    assert.equal(backoff.failures, 0);
    assert.ok(backoff.next() <= 50);
  });

  it('stays finite after a million failures', () => {
    const backoff = new Backoff(50, Number.POSITIVE_INFINITY);
    for (let i = 0; i < 1_000_000; i++) backoff.next();
    assert.ok(backoff.next() <= 50 * 2 ** 16);
  });
});
