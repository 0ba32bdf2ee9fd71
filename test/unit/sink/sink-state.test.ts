import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { SinkState } from '../../../src/server/sink/sink-state.ts';
import { sinkHost } from '../../support/sink-host.ts';

const EVENTS = {
  up: 'redirector.kafka.connected',
  again: 'redirector.kafka.connected',
  down: 'redirector.kafka.degraded',
} as const;

/** A state, what it has told, and a clock that stands. */
function stateWithClock(t: TestContext) {
  const told: string[] = [];
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const log = (_event: unknown, fields: { 'exception.message'?: string } = {}): void => {
    told.push(fields['exception.message'] ?? 'connected');
  };
  const state = new SinkState(EVENTS, sinkHost({ log }));
  const pass = (ms: number): void => {
    now += ms;
  };
  return { state, told, pass };
}

describe('the state of a sink', () => {
  it('is told when it changes, not with every attempt', (t) => {
    const { state, told, pass } = stateWithClock(t);
    state.connected();
    state.connected();
    for (let attempt = 0; attempt < 20; attempt++) {
      state.degraded('refused');
      pass(1000);
    }
    state.connected();
    assert.deepEqual(told, ['connected', 'refused', 'connected']);
  });

  it('has the newest reason, also where several come within moments and one is told', (t) => {
    const { state, told, pass } = stateWithClock(t);
    for (const reason of ['timed out', 'no broker', 'no leader', 'refused']) {
      state.degraded(reason);
      assert.deepEqual(state.status, { state: 'degraded', lastError: reason });
      pass(1000);
    }
    assert.deepEqual(told, ['timed out']);
    pass(1000);
    state.degraded('refused');
    assert.deepEqual(told, ['timed out', 'refused'], 'the one that stays is told');
  });

  it('tells the first reason of the next trouble at once', (t) => {
    const { state, told, pass } = stateWithClock(t);
    state.degraded('timed out');
    pass(10);
    state.connected();
    pass(10);
    state.degraded('refused');
    assert.deepEqual(told, ['timed out', 'connected', 'refused']);
  });
});
