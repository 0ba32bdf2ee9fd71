import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tryMany } from './planned-runs.ts';
import { RUNS, scheduleOf } from './schedule.ts';

describe('whatever happens to a server, its books are right after every step', () => {
  for (const sink of ['kafka', 'spool', 'replay'] as const) {
    it(`with sink ${sink}`, async (t) => {
      const { runs, actions, steps, deaths, seed, failure } = await tryMany(scheduleOf(sink), RUNS[sink]);
      t.diagnostic(`${runs} schedules, ${actions} actions, ${steps} steps, ${deaths} deaths; seed ${seed}`);
      assert.ok(failure === undefined, failure ?? '');
    });
  }
});
