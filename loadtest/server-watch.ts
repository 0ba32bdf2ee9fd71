/** Looks at the server while it is under load: its counts every second, and the memory of one of our own. */
import { type AdminClient, ledgerOfRun, type ServerStats, sumOf } from './server-stats.ts';

/** The server's counts of this run at one moment. */
export interface ServerSample {
  /** Since the load began. */
  readonly second: number;
  /** Records that wait or are under way. */
  readonly queued: number;
  readonly delivered: number;
  readonly spooled: number;
  /** All reasons together, since the run began. */
  readonly dropped: number;
}

/** Memory of a server of our own over the run, in bytes. */
export interface MemoryUse {
  readonly before: number;
  readonly peak: number;
  readonly after: number;
}

export interface ServerWatch {
  readonly samples: readonly ServerSample[];
  latest(): ServerSample | undefined;
  /** Null where it is not known. */
  rssBytes(): Omit<MemoryUse, 'after'> | null;
  stop(): void;
}

const STATS_POLL_MS = 1000;
const RSS_POLL_MS = 200;

/** Begins to look; without an admin API there are no samples. */
export function watchServer(
  admin: AdminClient | undefined,
  before: ServerStats | undefined,
  readRss: () => number | null,
): ServerWatch {
  const samples: ServerSample[] = [];
  const start = performance.now();
  const rssBefore = readRss();
  let peak = rssBefore ?? 0;
  const memory = setInterval(() => {
    peak = Math.max(peak, readRss() ?? 0);
  }, RSS_POLL_MS);
  const stats = setInterval(() => {
    const second = (performance.now() - start) / 1000;
    // A reading that fails is no news here: the one after the run is what counts.
    admin?.stats().then(
      (reading) => {
        if (before === undefined) return;
        const { queued, inFlight, delivered, spooled, dropped } = ledgerOfRun(before, reading);
        samples.push({ second, queued: queued + inFlight, delivered, spooled, dropped: sumOf(dropped) });
      },
      () => {},
    );
  }, STATS_POLL_MS);
  return {
    samples,
    latest: () => samples.at(-1),
    rssBytes: () => (rssBefore === null ? null : { before: rssBefore, peak }),
    stop() {
      clearInterval(memory);
      clearInterval(stats);
    },
  };
}
