import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { HIGHEST_RPS, LOWEST_RPS, RESOLUTION, searchRate } from '../../loadtest/rate-search.ts';

/** Searches a server that holds up to `limit`, and gives what was tried. */
async function search(startRps: number, limit: number) {
  const tried: number[] = [];
  const found = await searchRate(startRps, async (rps) => {
    tried.push(rps);
    return rps <= limit;
  });
  return { found, tried };
}

describe('the search for the highest rate', () => {
  test('doubles, then bisects', async () => {
    const { found, tried } = await search(1000, 6700);
    assert.deepEqual(tried, [1000, 2000, 4000, 8000, 6000, 7000, 6500, 6750]);
    assert.equal(found, 6500);
  });

  test('halves first where it began too high', async () => {
    const { found, tried } = await search(1000, 300);
    assert.deepEqual(tried.slice(0, 3), [1000, 500, 250]);
    assert.ok(found! <= 300 && found! >= 285);
  });

  test('finds none where not even the lowest holds, and stops at the highest', async () => {
    assert.equal((await search(1000, LOWEST_RPS - 1)).found, null);
    assert.equal((await search(150_000, 10 * HIGHEST_RPS)).found, HIGHEST_RPS);
  });

  test('finds the limit of any server, to its resolution and in few steps', async () => {
    const cases = fc.record({
      start: fc.integer({ min: 1, max: HIGHEST_RPS }),
      limit: fc.integer({ min: 2 * LOWEST_RPS, max: HIGHEST_RPS }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ start, limit }) => {
        const { found, tried } = await search(start, limit);
        assert.ok(found !== null && found <= limit);
        assert.ok(limit - found <= Math.max(2, RESOLUTION * limit), `${found} of ${limit}`);
        assert.ok(tried.length <= 24, `${tried}`);
        assert.equal(new Set(tried).size, tried.length);
      }),
    );
  });
});
