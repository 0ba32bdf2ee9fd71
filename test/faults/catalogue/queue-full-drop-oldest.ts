import type { Fault } from '../fault.ts';
import { assertDropsAreMissing, overflow, smallQueue } from './queue-full.ts';

export const queueFullDropOldest: Fault = {
  name: 'queue-full-drop-oldest',
  holds:
    'the same with queue.overflow drop_oldest: the oldest that waits makes room, counted, and the newest is kept',
  brokers: 1,
  flags: { ...smallQueue, 'queue.overflow': 'drop_oldest' },
  mayDrop: ['evicted'],
  told: /is not taking records/,
  inject: overflow,
  heal: ({ kafka }) => kafka.nodes[0]!.kill('SIGCONT'),
  check: assertDropsAreMissing,
};
