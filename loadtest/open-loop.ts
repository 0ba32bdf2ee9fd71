/**
 * The open loop: requests are sent when they are due, not when the server is ready for them. Due requests go to idle
 * connections; when there is none they wait in order, and their latency still counts from when they were due. As what is
 * requested is chosen when it is sent, the queue of the waiting ones is two numbers: how many are due and how many were
 * handed out.
 */
import { performance } from 'node:perf_hooks';
import { AnswerCounts } from './answer-counts.ts';
import { Connection } from './connection.ts';
import type { GeneratorConfig, GeneratorResult, PreparedLoop, Progress } from './generator-types.ts';
import { TimeHistogram } from './latency.ts';
import { CpuMeter, limitOf } from './limited.ts';
import { openConnections } from './open-connections.ts';
import { startPacer } from './pacer.ts';
import { seededRandom, weightedChoice } from './random.ts';
import { withNewTrace } from './request-trace.ts';
import { evenSchedule, type Phase, poissonSchedule, type Schedule } from './schedule.ts';
import { targetOf } from './target.ts';

type OpenLoopConfig = GeneratorConfig & { readonly rps: number };

const DEFAULT_SEED = 1;
/** Makes another sequence of the same seed: what is requested must not depend on when. */
const CHOICE = 0x5bd1e995;
const SWEEP_MS = 50;
/** Between `start` and the first due request: the first must not be late already. */
const LEAD_MS = 20;

/**
 * Opens the connections: as many as asked for, but no more than requests a second, so that each is used at least
 * every second and no server closes it for idleness.
 * @throws the system's error when not one connection could be opened.
 */
export async function prepareOpenLoop(config: OpenLoopConfig): Promise<PreparedLoop> {
  const run = new OpenLoopRun(config);
  await run.open();
  return { run: (onProgress) => run.run(onProgress) };
}

/** The rates of a run, the warm-up at the first of them before all others. */
function phasesOf(config: OpenLoopConfig): readonly Phase[] {
  const phases = config.phases ?? [{ rps: config.rps, seconds: config.durationSeconds }];
  const warmup = config.warmupSeconds ?? 0;
  return warmup === 0 ? phases : [{ rps: phases[0]!.rps, seconds: warmup }, ...phases];
}

class OpenLoopRun {
  readonly #config: OpenLoopConfig;
  readonly #phases: readonly Phase[];
  readonly #schedule: Schedule;
  readonly #nextRequest: () => Buffer;
  readonly #slots: Connection[];
  readonly #free: Connection[];
  readonly #counts: AnswerCounts;
  readonly #spacing = new TimeHistogram();
  #start = 0;
  /** The end of the warm-up: what is due before it is not in the latencies. */
  #measuredFrom = 0;
  /** Requests taken from the schedule, in order: handed to a connection, or given up unsent. */
  #taken = 0;
  /** Since when there has been a free connection without a break. */
  #freeSince = 0;
  #lastAnswer = 0;
  #finish: () => void = () => {};

  constructor(config: OpenLoopConfig) {
    this.#config = config;
    this.#phases = phasesOf(config);
    const seed = config.seed ?? DEFAULT_SEED;
    this.#schedule =
      config.arrivals === 'poisson' ? poissonSchedule(this.#phases, seed) : evenSchedule(this.#phases);
    this.#counts = new AnswerCounts(config.expect);
    const { trace, requests } = config;
    const target = targetOf(config.url, config.userAgent, requests, trace);
    const choose = weightedChoice(
      requests?.map(({ weight }) => weight ?? 1) ?? [1],
      seededRandom(seed ^ CHOICE),
    );
    const next = (): Buffer => target.requests[choose()]!;
    this.#nextRequest = trace ? () => withNewTrace(next()) : next;
    const events = {
      onAnswer: (slot: Connection, status: number, due: number) => {
        const now = performance.now();
        this.#lastAnswer = now;
        this.#counts.answer(status, now - due, due >= this.#measuredFrom);
        this.#freed(slot, now);
      },
      onFailure: (slot: Connection, reason: string) => {
        this.#counts.failure(reason);
        this.#freed(slot, performance.now());
      },
    };
    const highest = Math.max(...this.#phases.map(({ rps }) => rps));
    const connections = Math.min(config.connections, Math.max(1, Math.ceil(highest)));
    this.#slots = Array.from({ length: connections }, () => new Connection(target, events));
    this.#free = [...this.#slots];
  }

  open(): Promise<void> {
    return openConnections(this.#slots, this.#config.answerTimeoutMs);
  }

  async run(onProgress: (progress: Progress) => void): Promise<GeneratorResult> {
    const config = this.#config;
    this.#start = performance.now() + LEAD_MS;
    this.#measuredFrom = this.#start + (config.warmupSeconds ?? 0) * 1000;
    this.#lastAnswer = this.#start;
    const cpu = new CpuMeter();
    const finished = new Promise<void>((resolve) => {
      this.#finish = resolve;
    });
    const pacer = startPacer(
      (now) => this.#pump(now),
      (now) => this.#msUntilNext(now),
    );
    const sweep = setInterval(() => this.#sweep(), SWEEP_MS);
    const everySecond = (): void => {
      const now = performance.now();
      this.#counts.second(this.#waiting(now));
      onProgress(this.#counts.progress((now - this.#start) / 1000, this.#waiting(now)));
    };
    let seconds = setTimeout(() => {
      seconds = setInterval(everySecond, 1000);
    }, LEAD_MS);
    await finished;
    pacer.stop();
    clearInterval(sweep);
    clearInterval(seconds);
    const cores = cpu.cores();
    for (const slot of this.#slots) slot.close();

    const counts = this.#counts;
    const { total } = this.#schedule;
    const scheduledMs = this.#phases.reduce((sum, { seconds }) => sum + seconds * 1000, 0);
    const elapsedMs = Math.max(scheduledMs, this.#lastAnswer - this.#start);
    counts.lastSecond((performance.now() - this.#start) / 1000);
    const spacing = this.#spacing.percentiles();
    const lag = { p99: pacer.lag.percentile(99), max: pacer.lag.percentile(100) };
    const achievedRps = (counts.answered * 1000) / elapsedMs;
    const limitedReason = limitOf({
      cores,
      spacingP99Ms: spacing.p99,
      lagP99Ms: lag.p99,
      keptUp: counts.sent === total && achievedRps >= (0.99 * total * 1000) / scheduledMs,
    });
    return {
      scheduled: total,
      ...counts.result(),
      startedAt: performance.timeOrigin + this.#start,
      elapsedSeconds: elapsedMs / 1000,
      achievedRps,
      spacingErrorMs: { p50: spacing.p50, p99: spacing.p99, max: spacing.max },
      connections: this.#slots.length,
      cpu: cores,
      loopLagMs: lag,
      generatorLimited: limitedReason !== null,
      limitedReason,
    };
  }

  #waiting(now: number): number {
    return Math.max(0, this.#schedule.dueBy(now - this.#start) - this.#taken);
  }

  #dueAt(index: number): number {
    return this.#start + this.#schedule.dueAt(index);
  }

  /** Sends what is due, as far as connections are free. */
  #pump(now: number): void {
    const { total } = this.#schedule;
    while (this.#taken < total && this.#free.length > 0) {
      const due = this.#dueAt(this.#taken);
      if (due > now) return;
      // Late by our own fault is only what it waited while a connection was free.
      if (due >= this.#measuredFrom) this.#spacing.record(now - Math.max(due, this.#freeSince));
      this.#taken++;
      this.#counts.sent++;
      // The one that was idle longest: all are used alike.
      this.#free.shift()!.send(due, this.#nextRequest());
    }
  }

  #msUntilNext(now: number): number {
    if (this.#taken >= this.#schedule.total) return Number.POSITIVE_INFINITY;
    // Without a free connection the next event is an answer, and only the loop's own sleep lets it in at once.
    if (this.#free.length === 0) return 2.5;
    return this.#dueAt(this.#taken) - now;
  }

  #freed(slot: Connection, now: number): void {
    if (this.#free.length === 0) this.#freeSince = now;
    this.#free.push(slot);
    this.#pump(now);
    this.#finishIfDone();
  }

  /** Gives up what has waited for an answer, or for a connection, longer than the time-out. */
  #sweep(): void {
    const now = performance.now();
    const oldest = now - this.#config.answerTimeoutMs;
    for (const slot of this.#slots) if (slot.busy && slot.due < oldest) slot.abandon('timeout');
    while (this.#taken < this.#schedule.total && this.#dueAt(this.#taken) < oldest) {
      this.#taken++;
      this.#counts.failure('never sent: no connection was free within the time-out');
    }
    this.#finishIfDone();
  }

  #finishIfDone(): void {
    if (this.#taken >= this.#schedule.total && this.#free.length === this.#slots.length) this.#finish();
  }
}
