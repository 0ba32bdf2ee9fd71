import assert from 'node:assert/strict';
import type { Fault } from '../fault.ts';

export const muteBootstrap: Fault = {
  name: 'mute-bootstrap',
  holds: 'the first bootstrap address accepts connections and never answers: the next one is used',
  brokers: 1,
  aside: true,
  fromStart: true,
  flags: { 'request.timeout': '1s' },
  told: /is not taking records/,
  prepare: async ({ kafka, mute }) => ({ brokers: [mute.address, ...kafka.brokers].join(',') }),
  async inject({ mute, server }) {
    await server.waitForStats('deliveries', ({ ledger }) => ledger.delivered > 0);
    assert.ok(mute.accepted > 0, 'it was asked first');
  },
  async heal() {}, // it stays: the server has found the others
};
