import type { Fault } from '../fault.ts';

export const tooFewReplicas: Fault = {
  name: 'too-few-replicas',
  holds:
    'with fewer brokers than min.insync.replicas asks for, records wait, and are delivered once there are enough',
  brokers: 3,
  topic: { partitions: 3, config: { 'min.insync.replicas': '3' } },
  told: /is not taking records/,
  mostLines: 8,
  async inject({ kafka, server }) {
    await kafka.nodes[2]!.kill('SIGKILL');
    await server.waitForStats(
      'it to be refused',
      ({ sink }) => /NOT_ENOUGH_REPLICAS/.test(sink.lastError ?? ''),
      30_000,
    );
  },
  heal: ({ kafka }) => kafka.nodes[2]!.start(),
};
