/**
 * The threads of the model. All of them run in this one thread, by turns: whose code is running is known by an
 * AsyncLocalStorage, which follows it through promises. At each step that a thread takes in shared memory it can be made
 * to die, or be interrupted by another.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { Death } from '../../support/mortal.ts';

/** What is to happen at a step of a thread. */
export interface Fault {
  /** Told the name of each step before it is taken; true: now. */
  isDue(step: string): boolean;
  act(): void;
}

const running = new AsyncLocalStorage<Thread>();

/** The thread whose code runs now; undefined: the test's own. */
export const currentThread = (): Thread | undefined => running.getStore();

/** Runs the test's own code in the middle of a thread's: without steps, and in the test's time. */
export const asTest = <T>(work: () => T): T => running.exit(work);

export class Thread {
  readonly name: string;
  /** Its owner number in the pool, and its row in the ledger. */
  readonly owner: number;
  dead = false;
  /** Steps that it has taken. */
  steps = 0;
  fault: Fault | undefined;
  readonly #onFailure: (error: unknown) => void;

  /** @param onFailure told of what it throws or rejects with, other than its death */
  constructor(name: string, owner: number, onFailure: (error: unknown) => void) {
    this.name = name;
    this.owner = owner;
    this.#onFailure = onFailure;
  }

  /** Runs a piece of the thread's code: up to its end, its first await, or its death. */
  run<T>(work: () => T): T | undefined {
    if (this.dead) return undefined;
    return running.run(this, () => {
      try {
        return work();
      } catch (error) {
        this.failed(error);
        return undefined;
      }
    });
  }

  step(name: string): void {
    if (this.dead) throw new Death();
    this.steps++;
    const { fault } = this;
    if (fault?.isDue(name) !== true) return;
    this.fault = undefined;
    fault.act();
    if (this.dead) throw new Death();
  }

  /** Something was thrown. After its death nothing that its code does counts. */
  failed(error: unknown): void {
    if (!this.dead) this.#onFailure(error);
  }
}

/** The thread that runs now is about to take a step in shared memory, in a file or on the network. */
export const step = (name: string): void => running.getStore()?.step(name);

/**
 * What a thread rejects with and nobody hears is its death, or a mistake that it is told of. Node tells it in the context
 * in which the promise was made.
 * @returns how to put everything back
 */
export function hearRejections(): () => void {
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  const hear = (error: unknown, promise: Promise<unknown>): void => {
    const thread = currentThread();
    if (thread !== undefined) thread.failed(error);
    else for (const other of others) other(error, promise);
  };
  process.on('unhandledRejection', hear);
  return () => {
    process.off('unhandledRejection', hear);
    for (const other of others) process.on('unhandledRejection', other);
  };
}

/** `target`, with a step before and after each call of a method. */
export function stepped<T extends object>(target: T, name: string): T {
  return new Proxy(target, {
    get(_, property) {
      const value = Reflect.get(target, property, target) as unknown;
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        step(`${name}.${String(property)}`);
        const result: unknown = value.apply(target, args);
        // If it dies here, nobody waits for the answer.
        if (result instanceof Promise) result.catch(() => {});
        step(`${name}.${String(property)} done`);
        return result;
      };
    },
  });
}
