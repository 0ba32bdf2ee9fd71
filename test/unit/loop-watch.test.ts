import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { watchLoop } from '../../src/server/loop-watch.ts';
import { monotonicMs } from '../../src/server/queue/clock.ts';
import { allocateLoopStats, LoopStats } from '../../src/telemetry/loop-stats.ts';
import { waitFor } from '../support/wait-for.ts';

function stall(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe('the watch of an event loop', () => {
  it('sees a long delay of a loop that was idle, and how busy it was', async () => {
    const memory = allocateLoopStats(1);
    const read = () => new LoopStats(memory).read(0, monotonicMs());
    watchLoop(memory, 0);
    await waitFor('two looks at an idle loop', () => (read()?.idle ?? 0) > 1500);
    stall(1200); // longer than the time between two looks
    await waitFor('the delay', () => (read()?.max ?? 0) >= 150);
    assert.ok(read()!.busy >= 1000, `busy for ${read()!.busy} ms`);
  });
});
