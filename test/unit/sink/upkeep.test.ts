import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { Backoff } from '../../../src/server/sink/backoff.ts';
import { Upkeep } from '../../../src/server/sink/kafka-upkeep.ts';

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

/** Lets time pass, and then what it brought come to rest. */
async function pass(ms: number): Promise<void> {
  mock.timers.tick(ms);
  await new Promise(setImmediate);
}

function upkeepOf(everyMs: number, results: (boolean | Error | Promise<boolean>)[]) {
  const task = mock.fn(async () => {
    const result = results.shift() ?? true;
    if (result instanceof Error) throw result;
    return result;
  });
  return { upkeep: new Upkeep(task, new Backoff(100, 100), everyMs), runs: () => task.mock.callCount() };
}

describe('upkeep', () => {
  it('runs when asked, and again after its interval', async () => {
    const { upkeep, runs } = upkeepOf(1000, []);
    upkeep.request();
    await pass(0);
    assert.equal(runs(), 1);
    await pass(999);
    assert.equal(runs(), 1);
    await pass(1);
    assert.equal(runs(), 2);
  });

  it('runs only when asked where the interval is infinite', async () => {
    const { upkeep, runs } = upkeepOf(Number.POSITIVE_INFINITY, []);
    upkeep.request();
    await pass(0);
    await pass(1e9);
    assert.equal(runs(), 1);
    upkeep.request();
    await pass(0);
    assert.equal(runs(), 2);
  });

  it('tries again after a back-off when it failed or rejected, however often it is asked meanwhile', async () => {
    const { upkeep, runs } = upkeepOf(Number.POSITIVE_INFINITY, [false, new Error('no')]);
    upkeep.request();
    await pass(0);
    for (let i = 0; i < 5; i++) upkeep.request();
    await pass(49);
    assert.equal(runs(), 1);
    await pass(51);
    assert.equal(runs(), 2);
    await pass(100);
    assert.equal(runs(), 3);
  });

  it('runs alone, and once more for all who asked meanwhile', async () => {
    const running = Promise.withResolvers<boolean>();
    const { upkeep, runs } = upkeepOf(Number.POSITIVE_INFINITY, [running.promise]);
    upkeep.request();
    await pass(0);
    for (let i = 0; i < 5; i++) upkeep.request();
    await pass(1000);
    assert.equal(runs(), 1);
    running.resolve(true);
    await new Promise(setImmediate);
    await pass(50);
    assert.equal(runs(), 2);
    await pass(1e9);
    assert.equal(runs(), 2);
  });

  it('ends when stopped, also in the middle of a run', async () => {
    const running = Promise.withResolvers<boolean>();
    const { upkeep, runs } = upkeepOf(10, [running.promise]);
    upkeep.request();
    await pass(0);
    upkeep.stop();
    running.resolve(false);
    await new Promise(setImmediate);
    upkeep.request();
    await pass(1e9);
    assert.equal(runs(), 1);
  });
});
