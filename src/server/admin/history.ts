/** The last minutes in samples of a second each, so that who looks at the status page sees what was before. */
import { quantile } from '../../telemetry/histogram-cells.ts';
import { metrics } from '../../telemetry/metric-names.ts';
import type { RequestStats } from '../../telemetry/request-stats.ts';
import { dropReasons } from '../queue/drop-reason.ts';
import { queueLevel } from '../queue/high-water.ts';
import { dropColumn, type Ledger } from '../queue/ledger.ts';
import type { SlabPool } from '../queue/slab-pool.ts';

export const SAMPLE_EVERY_MS = 1000;
const MAX_SAMPLES = 300;
/** Answer times are those of so many samples: in one second there may be too few to speak of a 99th percentile. */
const LATENCY_SAMPLES = 5;

const bounds = metrics['http.server.request.duration'].buckets;

/** What was in one second. */
export interface Sample {
  /** Unix time in ms, at its end. */
  readonly time: number;
  /** Answers a second, by status. */
  readonly answers: Readonly<Record<string, number>>;
  /** Of the last seconds; null where there was no answer. */
  readonly latencyMs: { readonly p50: number; readonly p99: number } | null;
  /** Records a second. */
  readonly offered: number;
  readonly delivered: number;
  readonly dropped: number;
  /** Into the spool, less those that left it. */
  readonly spooled: number;
  /** At its end. */
  readonly queueBytes: number;
}

/** What is counted, at one moment. */
interface Tally {
  /** Monotonic ms. */
  readonly at: number;
  readonly answers: Readonly<Record<string, number>>;
  /** Answers by bucket of duration. */
  readonly durations: readonly number[];
  readonly offered: number;
  readonly delivered: number;
  readonly dropped: number;
  readonly spooled: number;
}

export interface HistoryParts {
  readonly pool: SlabPool;
  readonly ledger: Ledger;
  readonly requests: RequestStats;
}

export class History {
  readonly #parts: HistoryParts;
  readonly #samples: Sample[] = [];
  /** The newest last. */
  readonly #tallies: Tally[];
  readonly #timer: NodeJS.Timeout;
  /** Called after each sample. */
  onSample: (sample: Sample) => void = () => {};

  constructor(parts: HistoryParts) {
    this.#parts = parts;
    this.#tallies = [tally(parts)];
    this.#timer = setInterval(() => this.#take(), SAMPLE_EVERY_MS).unref();
  }

  /** The oldest first. */
  get samples(): readonly Sample[] {
    return this.#samples;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #take(): void {
    const before = this.#tallies.at(-1)!;
    const now = tally(this.#parts);
    this.#tallies.push(now);
    if (this.#tallies.length > LATENCY_SAMPLES + 1) this.#tallies.shift();
    const seconds = (now.at - before.at) / 1000;
    const rate = (count: number, earlier = 0): number => (count - earlier) / seconds;
    const sample: Sample = {
      time: Date.now(),
      answers: Object.fromEntries(
        Object.entries(now.answers).map(([status, count]) => [status, rate(count, before.answers[status])]),
      ),
      latencyMs: latency(this.#tallies[0]!.durations, now.durations),
      offered: rate(now.offered, before.offered),
      delivered: rate(now.delivered, before.delivered),
      dropped: rate(now.dropped, before.dropped),
      spooled: rate(now.spooled, before.spooled),
      queueBytes: queueLevel(this.#parts.pool).bytes,
    };
    this.#samples.push(sample);
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift();
    this.onSample(sample);
  }
}

function tally({ ledger, requests }: HistoryParts): Tally {
  const answers: Record<string, number> = {};
  const durations: number[] = Array(bounds.length + 1).fill(0);
  for (const series of requests.series()) {
    for (const [bucket, count] of series.durations.counts.entries()) {
      durations[bucket]! += count;
      answers[series.status] = (answers[series.status] ?? 0) + count;
    }
  }
  return {
    at: performance.now(),
    answers,
    durations,
    offered: ledger.sum('offered'),
    delivered: ledger.sum('delivered'),
    spooled: ledger.sum('spooled'),
    dropped: dropReasons.reduce((sum, reason) => sum + ledger.sum(dropColumn(reason)), 0),
  };
}

function latency(before: readonly number[], now: readonly number[]): Sample['latencyMs'] {
  const counts = now.map((count, bucket) => count - before[bucket]!);
  const p50 = quantile(counts, bounds, 0.5);
  const p99 = quantile(counts, bounds, 0.99);
  return p50 === undefined || p99 === undefined ? null : { p50: p50 * 1000, p99: p99 * 1000 };
}
