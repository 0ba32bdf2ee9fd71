import assert from 'node:assert/strict';
import { ask } from '../../support/http-client.ts';
import type { Fault } from '../fault.ts';

export const brokersDownAtStart: Fault = {
  name: 'brokers-down-at-start',
  holds:
    'a server that starts with every broker down serves, is ready, and delivers what waits when one comes up',
  brokers: 1,
  fromStart: true,
  told: /is not taking records.*|No broker answers: .*ECONNREFUSED/,
  async prepare({ kafka }) {
    await kafka.nodes[0]!.kill('SIGKILL');
    return {};
  },
  async inject({ server }) {
    const { ledger, sink } = await server.waitForStats(
      'the trouble to be told',
      ({ sink: { lastError }, ledger: { queued } }) => lastError !== null && queued > 0,
    );
    assert.equal(sink.state, 'degraded');
    assert.match(sink.lastError!, /No broker answers: .*ECONNREFUSED/);
    assert.equal(ledger.delivered, 0);
    assert.equal((await ask(`${server.adminUrl}/readyz`)).status, 200, 'it answers, so it is ready');
  },
  heal: ({ kafka }) => kafka.nodes[0]!.start(),
};
