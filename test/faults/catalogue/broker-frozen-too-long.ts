import assert from 'node:assert/strict';
import type { Fault } from '../fault.ts';

export const brokerFrozenTooLong: Fault = {
  name: 'broker-frozen-too-long',
  holds:
    'of a broker that is frozen for longer than delivery.timeout, what may be in the topic all the same is counted',
  brokers: 1,
  flags: { 'delivery.timeout': '2s', 'request.timeout': '1s' },
  mayDrop: ['delivery_timeout'],
  told: /is not taking records/,
  async inject({ kafka, server }) {
    await kafka.nodes[0]!.kill('SIGSTOP');
    await server.waitForStats('a batch of unknown fate', ({ ledger }) => ledger.unconfirmed > 0, 30_000);
  },
  heal: ({ kafka }) => kafka.nodes[0]!.kill('SIGCONT'),
  check: ({ ledger }) => assert.ok(ledger.unconfirmed > 0),
};
