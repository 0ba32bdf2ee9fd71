/** What a sink needs of its thread, for tests that run one without. */
import type { SinkHost } from '../../src/server/sink/sink.ts';
import { allocateSinkStats, SinkStats, sinkRow } from '../../src/telemetry/sink-stats.ts';

/** Counts of its own. */
export const sinkStats = (): SinkStats => new SinkStats(allocateSinkStats(), sinkRow.shipper);

/** A host that hears nothing but what is given. */
export const sinkHost = (given: Partial<SinkHost> = {}): SinkHost => ({
  stats: sinkStats(),
  wake() {},
  log() {},
  ...given,
});
