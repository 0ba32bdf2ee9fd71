import { apiKey } from '../../support/kafka-proxy.ts';
import type { Fault } from '../fault.ts';

export const lateAcks: Fault = {
  name: 'late-acks',
  holds:
    'acks that come later than request.timeout make the same batches go out again, and the broker recognises them',
  brokers: 1,
  topic: { partitions: 3 },
  flags: { 'request.timeout': '1s' },
  told: /is not taking records/,
  prepare: async ({ proxy }) => ({ brokers: proxy.address }),
  async inject({ proxy, server }) {
    proxy.delayAnswers(1500, apiKey.PRODUCE);
    await server.waitForStats('a time-out', ({ sink }) =>
      /Produce was not answered/.test(sink.lastError ?? ''),
    );
  },
  async heal({ proxy }) {
    proxy.delayAnswers(0);
  },
};
