/** Counts what became of requests: answers by status, failures by reason, latencies as a whole and by the second. */
import type { ExpectedStatuses, GeneratorResult, Progress, TimelinePoint } from './generator-types.ts';
import { TimeHistogram } from './latency.ts';

/** Distinct reasons kept apart; a server that answers nonsense could make up any number. */
const MOST_REASONS = 20;

export class AnswerCounts {
  sent = 0;
  answered = 0;
  failed = 0;
  /** Answers of a wrong status; part of both `answered` and `failed`. */
  wrongStatus = 0;
  readonly latency = new TimeHistogram();
  readonly timeline: TimelinePoint[] = [];

  readonly #expect: ExpectedStatuses;
  readonly #failures = new Map<string, number>();
  readonly #statuses = new Map<number, number>();
  readonly #secondLatency = new TimeHistogram();
  #before = { sent: 0, answered: 0, failed: 0 };

  constructor(expect: ExpectedStatuses) {
    this.#expect = expect;
  }

  /** An answer came, `latencyMs` after its request was due; `measured` says that this was not in the warm-up. */
  answer(status: number, latencyMs: number, measured: boolean): void {
    this.answered++;
    if (measured) this.latency.record(latencyMs);
    this.#secondLatency.record(latencyMs);
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
    for (const [from, to] of this.#expect) if (status >= from && status <= to) return;
    this.wrongStatus++;
    this.failure(`status ${status}`);
  }

  /** A request failed. */
  failure(reason: string): void {
    this.failed++;
    const known = this.#failures.has(reason) || this.#failures.size < MOST_REASONS;
    const kept = known ? reason : 'other';
    this.#failures.set(kept, (this.#failures.get(kept) ?? 0) + 1);
  }

  /** Ends a second of the timeline. */
  second(waiting: number): void {
    const { sent, answered, failed } = this;
    this.timeline.push({
      second: this.timeline.length + 1,
      sent: sent - this.#before.sent,
      answered: answered - this.#before.answered,
      failed: failed - this.#before.failed,
      waiting,
      p50: this.#secondLatency.percentile(50),
      p99: this.#secondLatency.percentile(99),
      max: this.#secondLatency.percentile(100),
    });
    this.#before = { sent, answered, failed };
    this.#secondLatency.reset();
  }

  /** Ends the timeline with what came after its last second; the few that came just after it belong to it. */
  lastSecond(elapsedSeconds: number): void {
    const { sent, answered, failed } = this;
    const rest = sent - this.#before.sent + answered - this.#before.answered + failed - this.#before.failed;
    if (rest === 0 && this.timeline.length > 0) return;
    const last = elapsedSeconds - this.timeline.length < 0.1 ? this.timeline.pop() : undefined;
    this.second(0);
    if (last === undefined) return;
    const late = this.timeline.pop()!;
    this.timeline.push({
      ...last,
      sent: last.sent + late.sent,
      answered: last.answered + late.answered,
      failed: last.failed + late.failed,
      max: Math.max(last.max, late.max),
    });
  }

  progress(elapsedSeconds: number, waiting: number): Progress {
    const { sent, answered, failed } = this;
    return { elapsedSeconds, sent, answered, failed, waiting, p99Ms: this.latency.percentile(99) };
  }

  /** What the result of a run says of its answers. */
  result(): Pick<
    GeneratorResult,
    | 'sent'
    | 'answered'
    | 'failed'
    | 'failures'
    | 'statuses'
    | 'latencyMs'
    | 'latencyDistribution'
    | 'measured'
    | 'timeline'
  > {
    const { sent, answered, failed, timeline } = this;
    return {
      sent,
      answered,
      failed,
      failures: Object.fromEntries(this.#failures),
      statuses: Object.fromEntries(this.#statuses),
      latencyMs: this.latency.percentiles(),
      latencyDistribution: this.latency.distribution(),
      measured: this.latency.count,
      timeline,
    };
  }
}
