/**
 * Time for the threads of the model: it stands still until the test moves it. While it is installed, timers, immediates,
 * clocks and waits on shared memory that a thread of the model asks for are tasks here, and run when the test says so;
 * for the test's own code, and for Node's, all stays as it was.
 */
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { currentThread, step, type Thread } from './thread.ts';

const timersPromises = createRequire(import.meta.url)('node:timers/promises') as {
  setTimeout: (...args: unknown[]) => Promise<unknown>;
};

/** Something that a thread will do at a time. */
export interface Task {
  readonly thread: Thread;
  /** Monotonic ms. */
  readonly at: number;
  readonly number: number;
  readonly run: () => void;
}

interface Waiter {
  readonly index: number;
  readonly timer: Task;
  readonly wake: () => void;
}

const real = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setImmediate: globalThis.setImmediate,
  queueMicrotask: globalThis.queueMicrotask,
  now: performance.now.bind(performance),
  date: Date.now,
  random: Math.random,
  waitAsync: Atomics.waitAsync,
  notify: Atomics.notify,
  sleep: timersPromises.setTimeout,
};

/** Lets every promise that can go on do so. */
export const settled = (): Promise<void> => new Promise((resolve) => real.setImmediate(() => resolve()));

export class VirtualTime {
  /** Monotonic ms. */
  now = 1000;
  /** Wall-clock ms. */
  wall = Date.UTC(2026, 0, 1);
  readonly #tasks = new Set<Task>();
  readonly #waiters = new Set<Waiter>();
  #numbers = 0;
  #random = 0.5;

  /** Time goes on; nothing runs by that. */
  pass(ms: number): void {
    this.now += ms;
    this.wall += ms;
  }

  later(thread: Thread, ms: number, run: () => void): Task {
    const task = { thread, at: this.now + Math.max(0, ms), number: this.#numbers++, run };
    this.#tasks.add(task);
    return task;
  }

  /** What is due now, in the order in which it is. */
  due(of?: Thread): Task[] {
    const found: Task[] = [];
    for (const task of this.#tasks) {
      if (task.thread.dead) this.#tasks.delete(task);
      else if (task.at <= this.now && (of === undefined || task.thread === of)) found.push(task);
    }
    return found.sort((a, b) => a.at - b.at || a.number - b.number);
  }

  /** Monotonic ms of the next task; Infinity: none waits. */
  get next(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { at, thread } of this.#tasks) if (!thread.dead) next = Math.min(next, at);
    return next;
  }

  async run(task: Task): Promise<void> {
    if (!this.#tasks.delete(task)) return;
    task.thread.run(task.run);
    await settled();
  }

  /** @returns how to put everything back */
  install(): () => void {
    const ask = (run: () => void, ms: number): unknown => {
      const thread = currentThread();
      return thread === undefined ? real.setTimeout(run, ms) : this.later(thread, ms, run);
    };
    const sleep = (...args: unknown[]): Promise<unknown> =>
      currentThread() === undefined
        ? real.sleep(...args)
        : new Promise<unknown>((resolve) => ask(() => resolve(args[1]), args[0] as number));
    Object.assign(globalThis, {
      setTimeout: (run: () => void, ms = 0) => ask(run, ms),
      clearTimeout: (handle: unknown) => {
        if (!this.#tasks.delete(handle as Task)) real.clearTimeout(handle as NodeJS.Timeout);
      },
      setImmediate: (run: () => void) =>
        currentThread() === undefined ? real.setImmediate(run) : ask(run, 0),
      // A thread that dies in a microtask must not end the process.
      queueMicrotask: (run: () => void) => {
        const thread = currentThread();
        real.queueMicrotask(thread === undefined ? run : () => thread.run(run));
      },
    });
    performance.now = () => (currentThread() === undefined ? real.now() : this.now);
    Date.now = () => (currentThread() === undefined ? real.date() : this.wall);
    // Back-off has jitter: the same every time, so that a schedule can be run again.
    Math.random = () => (currentThread() === undefined ? real.random() : this.#nextRandom());
    Atomics.waitAsync = this.#waitAsync as typeof Atomics.waitAsync;
    Atomics.notify = (array, index, count) => {
      this.#notify(index);
      return real.notify(array as Int32Array, index, count);
    };
    timersPromises.setTimeout = sleep;
    syncBuiltinESMExports();
    return () => {
      Object.assign(globalThis, {
        setTimeout: real.setTimeout,
        clearTimeout: real.clearTimeout,
        setImmediate: real.setImmediate,
        queueMicrotask: real.queueMicrotask,
      });
      performance.now = real.now;
      Date.now = real.date;
      Math.random = real.random;
      Atomics.waitAsync = real.waitAsync;
      Atomics.notify = real.notify;
      timersPromises.setTimeout = real.sleep;
      syncBuiltinESMExports();
    };
  }

  #nextRandom(): number {
    this.#random = (this.#random * 9 + 0.37) % 1;
    return this.#random;
  }

  readonly #waitAsync = (array: Int32Array, index: number, seen: number, timeoutMs: number): unknown => {
    const thread = currentThread();
    if (thread === undefined) return real.waitAsync(array, index, seen, timeoutMs);
    step('wait');
    if (Atomics.load(array, index) !== seen) return { async: false, value: 'not-equal' };
    const value = new Promise<void>((resolve) => {
      const wake = (): void => {
        this.#waiters.delete(waiter);
        resolve();
      };
      const waiter: Waiter = { index, wake, timer: this.later(thread, timeoutMs, wake) };
      this.#waiters.add(waiter);
    });
    return { async: true, value };
  };

  /** A woken thread goes on in a turn of its own, as threads do. */
  #notify(index: number): void {
    for (const waiter of this.#waiters) {
      if (waiter.index !== index) continue;
      this.#waiters.delete(waiter);
      this.#tasks.delete(waiter.timer);
      this.later(waiter.timer.thread, 0, waiter.wake);
    }
  }
}
