/** Allocates the memory that the threads share. It belongs to the process: a thread that dies loses nothing of it. */
import type { Config } from '../config.ts';
import { allocateLoopStats } from '../telemetry/loop-stats.ts';
import { allocateRequestStats } from '../telemetry/request-stats.ts';
import { allocateSinkStats } from '../telemetry/sink-stats.ts';
import type { SharedState } from './messages.ts';
import { allocateHighWater } from './queue/high-water.ts';
import { allocateLedger } from './queue/ledger.ts';
import { allocatePool } from './queue/slab-layout.ts';
import { allocateTopicTable } from './queue/topic-table.ts';

/** Rows of the event loops. Listener n has `loopRow.LISTENER + n`. */
export const loopRow = { SUPERVISOR: 0, SHIPPER: 1, SPOOLER: 2, LISTENER: 3 } as const;

export const allocateSharedState = (config: Config, listeners: number): SharedState => ({
  pool: allocatePool(config['queue.maxBytes']),
  topics: allocateTopicTable(),
  ledger: allocateLedger(listeners),
  highWater: allocateHighWater(listeners),
  requests: allocateRequestStats(listeners),
  sinks: allocateSinkStats(),
  loops: allocateLoopStats(loopRow.LISTENER + listeners),
});
