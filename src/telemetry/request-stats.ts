/** Counts of answers in shared memory: by status, and by duration in the buckets of http.server.request.duration. */
import { requestDurationBuckets } from './names.ts';

const STATUSES = 600;
const SUM = STATUSES + requestDurationBuckets.length + 1;
const LIMITED = SUM + 1;
const ROW = LIMITED + 1;

/** Bucket bounds in ms. */
const bounds = requestDurationBuckets.map((seconds) => seconds * 1000);

/** Allocates one row for each listener. */
export const allocateRequestStats = (listeners: number): SharedArrayBuffer =>
  new SharedArrayBuffer(listeners * ROW * 8);

/** A histogram as OpenTelemetry has it: `counts` has one more entry than there are bounds. Seconds. */
export interface DurationHistogram {
  readonly counts: readonly number[];
  readonly sum: number;
}

export class RequestStats {
  readonly #cells: Float64Array;
  readonly #rows: number;

  constructor(memory: SharedArrayBuffer) {
    this.#cells = new Float64Array(memory);
    this.#rows = this.#cells.length / ROW;
  }

  /** Counts one answer of a listener. */
  observe(listener: number, status: number, durationMs: number): void {
    const row = listener * ROW;
    this.#cells[row + status]! += 1;
    let bucket = 0;
    while (bucket < bounds.length && durationMs > bounds[bucket]!) bucket++;
    this.#cells[row + STATUSES + bucket]! += 1;
    this.#cells[row + SUM]! += durationMs / 1000;
  }

  /** Counts a request of a listener that would have been traced, were it not for the limit on spans. */
  countLimited(listener: number): void {
    this.#cells[listener * ROW + LIMITED]! += 1;
  }

  /** Such requests of all listeners. */
  get limited(): number {
    return this.#total(LIMITED);
  }

  /** Answers by status, of all listeners; statuses that never occurred are left out. */
  byStatus(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (let status = 100; status < STATUSES; status++) {
      const count = this.#total(status);
      if (count > 0) counts[status] = count;
    }
    return counts;
  }

  duration(): DurationHistogram {
    const counts = Array.from({ length: bounds.length + 1 }, (_, bucket) => this.#total(STATUSES + bucket));
    return { counts, sum: this.#total(SUM) };
  }

  #total(cell: number): number {
    let total = 0;
    for (let row = 0; row < this.#rows; row++) total += this.#cells[row * ROW + cell]!;
    return total;
  }
}
