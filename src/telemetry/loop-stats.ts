/**
 * How late and how busy the event loop of each thread is, in shared memory: over the last 30 to 60 s, in two windows of
 * 30 s, so that no reader resets another's.
 */
const WINDOW_MS = 30_000;
const FIELDS = 6; // number of the window, p50, p99, max, busy, idle
const ROW = 2 * FIELDS;

/** One window of a thread; all times are in ms. */
export interface LoopWindow {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly busy: number;
  readonly idle: number;
}

/** Allocates one row for each thread. */
export const allocateLoopStats = (threads: number): SharedArrayBuffer =>
  new SharedArrayBuffer(threads * ROW * 8);

/** The window that a moment (monotonic ms) belongs to. */
export const loopWindowOf = (now: number): number => Math.floor(now / WINDOW_MS);

export class LoopStats {
  readonly #cells: Float64Array;

  constructor(memory: SharedArrayBuffer) {
    this.#cells = new Float64Array(memory);
  }

  /** Publishes what a thread has seen of its window so far. */
  publish(thread: number, window: number, { p50, p99, max, busy, idle }: LoopWindow): void {
    this.#cells.set([window, p50, p99, max, busy, idle], thread * ROW + (window % 2) * FIELDS);
  }

  /**
   * A thread's last 30 to 60 s: the worse delays of the two windows, and the times of both. Undefined where it published
   * nothing in them.
   * @param now monotonic ms
   */
  read(thread: number, now: number): LoopWindow | undefined {
    const oldest = loopWindowOf(now) - 1;
    const windows = [0, FIELDS]
      .map((at) => this.#cells.subarray(thread * ROW + at, thread * ROW + at + FIELDS))
      .filter(([window, , , , busy, idle]) => window! >= oldest && busy! + idle! > 0);
    if (windows.length === 0) return undefined;
    const worst = (field: number): number => Math.max(...windows.map((cells) => cells[field]!));
    const sum = (field: number): number => windows.reduce((total, cells) => total + cells[field]!, 0);
    return { p50: worst(1), p99: worst(2), max: worst(3), busy: sum(4), idle: sum(5) };
  }
}
