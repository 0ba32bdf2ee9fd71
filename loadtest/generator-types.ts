/** What the generator process is asked and what it tells; plain data, since it crosses a process boundary. */
import type { PercentilePoint, Percentiles } from './latency.ts';
import type { RequestKind } from './request-kinds.ts';
import type { Arrivals, Phase } from './schedule.ts';

/** Which statuses are right: ranges, both ends included. */
export type ExpectedStatuses = readonly (readonly [from: number, to: number])[];

export interface GeneratorConfig {
  /** http or https; its path and query are requested, unless there are `requests`. */
  readonly url: string;
  readonly userAgent: string;
  /** Requests a second, or as fast as it goes. */
  readonly rps: number | 'max';
  readonly durationSeconds: number;
  /** Rates one after the other, in place of `rps` for `durationSeconds`, which are then their mean and sum. */
  readonly phases?: readonly Phase[] | undefined;
  /** Even unless given; only with a rate. */
  readonly arrivals?: Arrivals | undefined;
  /** Of random arrivals, and of the choice among `requests`. */
  readonly seed?: number | undefined;
  /** Seconds of load before the others, at the first rate, whose latencies are not counted. */
  readonly warmupSeconds?: number | undefined;
  /** What is requested, each as often as its weight says; only with a rate. */
  readonly requests?: readonly RequestKind[] | undefined;
  readonly connections: number;
  readonly expect: ExpectedStatuses;
  /** From the moment a request was due; ms. */
  readonly answerTimeoutMs: number;
  /** Each request carries a sampled trace of its own; only with a rate. */
  readonly trace: boolean;
}

/** The run so far. */
export interface Progress {
  readonly elapsedSeconds: number;
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  /** Due but without a free connection. */
  readonly waiting: number;
  readonly p99Ms: number;
}

/** One second of the run, the warm-up's as well: what was sent and answered in it, and the latencies of its answers in ms. */
export interface TimelinePoint {
  readonly second: number;
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  readonly waiting: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface GeneratorResult {
  /** What the schedule asks for: rps x duration, with the warm-up; with `max` the same as `sent`. */
  readonly scheduled: number;
  /** Requests handed to a connection. */
  readonly sent: number;
  /** Whole answers of any status. */
  readonly answered: number;
  /** Requests without an answer (in time, well-formed), and answers of a wrong status: each counted in `failures`. */
  readonly failed: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly statuses: Readonly<Record<string, number>>;
  /** From start to the last answer, at least the duration asked for. */
  readonly elapsedSeconds: number;
  readonly achievedRps: number;
  /** Of the answers, from the moment at which the request was due; with `max` from when it was sent. Without the warm-up. */
  readonly latencyMs: Percentiles;
  readonly latencyDistribution: readonly PercentilePoint[];
  /** How many answers stand in `latencyMs`: those whose requests were not of the warm-up. */
  readonly measured: number;
  /** When the first request was due: ms since 1970, with fractions. */
  readonly startedAt: number;
  /** How far from its due time a request was sent though a connection was free; null with `max`. */
  readonly spacingErrorMs: { readonly p50: number; readonly p99: number; readonly max: number } | null;
  readonly connections: number;
  /** CPU time over elapsed time, in cores. */
  readonly cpu: number;
  readonly loopLagMs: { readonly p99: number; readonly max: number };
  /** The generator, not the server, could not keep up. */
  readonly generatorLimited: boolean;
  readonly limitedReason: string | null;
  readonly timeline: readonly TimelinePoint[];
}

/** A run whose target was reached; nothing is sent yet. */
export interface PreparedLoop {
  /** Sends the requests and waits for the answers, each at most the answer time-out. Call it once. */
  run(onProgress: (progress: Progress) => void): Promise<GeneratorResult>;
}

export type ToGenerator =
  | { readonly type: 'prepare'; readonly config: GeneratorConfig }
  | { readonly type: 'go' };

export type FromGenerator =
  | { readonly type: 'ready' }
  | { readonly type: 'unreachable'; readonly reason: string }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'result'; readonly result: GeneratorResult };
