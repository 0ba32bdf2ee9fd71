import type { Fault } from '../fault.ts';

export const brokerFrozen: Fault = {
  name: 'broker-frozen',
  holds:
    'a broker that is frozen for longer than request.timeout recognises, once it is thawed, what it is sent again',
  brokers: 1,
  topic: { partitions: 3 },
  flags: { 'request.timeout': '1s' },
  told: /is not taking records/,
  async inject({ kafka, server }) {
    await kafka.nodes[0]!.kill('SIGSTOP');
    await server.waitForStats('a time-out', ({ sink }) => sink.lastError !== null);
  },
  heal: ({ kafka }) => kafka.nodes[0]!.kill('SIGCONT'),
};
