/** Allocates the memory that the threads share. It belongs to the process: a thread that dies loses nothing of it. */
import { availableParallelism } from 'node:os';
import type { Config } from '../config.ts';
import { MAX_LISTENERS, REUSE_PORT_PLATFORMS, SLAB_BYTES } from '../limits.ts';
import { allocateLoopStats } from '../telemetry/loop-stats.ts';
import { allocateRequestStats } from '../telemetry/request-stats.ts';
import { allocateSinkStats } from '../telemetry/sink-stats.ts';
import type { SharedState } from './messages.ts';
import { allocateHighWater } from './queue/high-water.ts';
import { allocateLedger } from './queue/ledger.ts';
import { allocatePool } from './queue/slab-layout.ts';

/** Listener threads: as configured; `auto` is one for each CPU that the process may use, as far as the pool serves them. */
export function listenerCount(config: Config): number {
  if (config.listeners !== 'auto') return config.listeners;
  if (!REUSE_PORT_PLATFORMS.includes(process.platform)) return 1;
  const served = Math.floor(config['queue.maxBytes'] / SLAB_BYTES / 2);
  return Math.max(1, Math.min(availableParallelism(), served, MAX_LISTENERS));
}

/** Rows of the event loops. Listener n has `loopRow.LISTENER + n`. */
export const loopRow = { SUPERVISOR: 0, SHIPPER: 1, SPOOLER: 2, LISTENER: 3 } as const;

export const allocateSharedState = (config: Config, listeners: number): SharedState => ({
  pool: allocatePool(config['queue.maxBytes']),
  ledger: allocateLedger(listeners),
  highWater: allocateHighWater(listeners),
  requests: allocateRequestStats(listeners),
  sinks: allocateSinkStats(),
  loops: allocateLoopStats(loopRow.LISTENER + listeners),
});
