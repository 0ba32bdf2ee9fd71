import { partitionsOf } from '../../support/topics.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { Fault } from '../fault.ts';

export const rollingRestart: Fault = {
  name: 'rolling-restart',
  holds: 'three brokers are restarted one after another: leaders move, and every record is delivered once',
  brokers: 3,
  topic: { partitions: 6 },
  told: /is not taking records/,
  mostLines: 8,
  async inject({ kafka, topic }) {
    for (const node of kafka.nodes) {
      await node.stop();
      await node.start();
      await waitFor(
        `broker ${node.id} to have caught up`,
        async () => (await partitionsOf(kafka.brokers, topic)).every(({ isr }) => isr.length === 3),
        { timeoutMs: 30_000 },
      );
    }
  },
  async heal() {}, // the last restart was the end of it
};
