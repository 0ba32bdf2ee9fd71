import type { Fault } from '../fault.ts';

export const brokerKilled: Fault = {
  name: 'broker-killed',
  holds: 'a broker that is killed and started again costs no answer and no record',
  brokers: 1,
  topic: { partitions: 3 },
  told: /is not taking records/,
  async inject({ kafka, server }) {
    await kafka.nodes[0]!.kill('SIGKILL');
    await server.waitForStats('the trouble to be told', ({ sink }) => sink.state === 'degraded');
  },
  heal: ({ kafka }) => kafka.nodes[0]!.start(),
};
