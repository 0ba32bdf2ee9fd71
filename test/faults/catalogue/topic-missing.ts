import assert from 'node:assert/strict';
import { redirector } from '../../unit/run-redirector.ts';
import type { Fault } from '../fault.ts';

export const topicMissing: Fault = {
  name: 'topic-missing',
  holds: 'a topic that is missing is named with what to do, and once that was done, what waits is delivered',
  brokers: 1,
  aside: true,
  topic: 'missing',
  fromStart: true,
  told: /does not exist: make it with/,
  async inject({ server, topic }) {
    const { ledger, sink } = await server.waitForStats(
      'the trouble to be told',
      ({ sink: { lastError }, ledger: { queued } }) => lastError !== null && queued > 0,
    );
    assert.equal(sink.state, 'degraded');
    assert.match(sink.lastError!, new RegExp(`"${topic}" does not exist.*redirector topics create`));
    assert.equal(ledger.delivered, 0);
  },
  async heal({ kafka, topic }) {
    const made = await redirector([
      'topics',
      'create',
      '--brokers',
      kafka.brokers.join(','),
      '--topic',
      topic,
    ]);
    assert.equal(made.code, 0, made.stderr);
  },
};
