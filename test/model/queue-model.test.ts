import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tryMany } from './planned-runs.ts';
import { type Case, RUNS, scheduleOf } from './schedule.ts';

describe('whatever happens to a server, its books are right after every step', () => {
  for (const name of Object.keys(RUNS) as Case[]) {
    it(`with ${name}`, async (t) => {
      const { runs, actions, steps, deaths, seed, failure } = await tryMany(scheduleOf(name), RUNS[name]);
      t.diagnostic(`${runs} schedules, ${actions} actions, ${steps} steps, ${deaths} deaths; seed ${seed}`);
      assert.ok(failure === undefined, failure ?? '');
    });
  }
});
