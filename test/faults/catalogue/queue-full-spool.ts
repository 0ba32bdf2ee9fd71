import type { Fault } from '../fault.ts';
import { smallQueue } from './queue-full.ts';

export const queueFullSpool: Fault = {
  name: 'queue-full-spool',
  holds:
    'the same with queue.overflow spool: what the queue cannot hold goes to disk and comes back, and nothing is dropped',
  brokers: 1,
  // Room enough that the disk can keep up with the load.
  flags: { ...smallQueue, 'queue.maxBytes': '8MiB', 'queue.overflow': 'spool', 'delivery.timeout': '2s' },
  told: /is not taking records/,
  async inject({ kafka, server, rps }) {
    await kafka.nodes[0]!.kill('SIGSTOP');
    // Also the batch that was on the wire: it is older than delivery.timeout by then.
    await server.waitForStats('records on disk', ({ ledger }) => ledger.spooled > 3 * rps, 30_000);
  },
  heal: ({ kafka }) => kafka.nodes[0]!.kill('SIGCONT'),
};
