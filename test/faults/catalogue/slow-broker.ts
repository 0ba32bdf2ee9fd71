import type { Fault } from '../fault.ts';

export const slowBroker: Fault = {
  name: 'slow-broker',
  holds: 'a broker whose every answer takes 300 ms costs nothing, and nothing is told',
  brokers: 1,
  prepare: async ({ proxy }) => ({ brokers: proxy.address }),
  async inject({ proxy }) {
    proxy.delayAnswers(300);
  },
  async heal({ proxy }) {
    proxy.delayAnswers(0);
  },
};
