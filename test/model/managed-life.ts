/** One thread of the model and its successors, as src/server/managed-thread.ts keeps them. */
import type { Drainable } from '../../src/server/shutdown.ts';
import { Thread } from './machine/thread.ts';
import type { VirtualTime } from './machine/time.ts';

/** A life: its thread, and what ends with it. */
export interface Life {
  readonly thread: Thread;
  /** Called once, when the thread has ended: closes what the operating system would. */
  end(): void;
}

export interface ManagedLifeOptions {
  readonly name: string;
  readonly owner: number;
  readonly time: VirtualTime;
  readonly onFailure: (name: string, error: unknown) => void;
  /** Starts the thread's work. */
  readonly begin: (parts: { thread: Thread; restarted: boolean; begun: () => void }) => () => void;
  /** Brings shared state in order before the successor starts. */
  readonly onDeath: () => void;
}

export class ManagedLife implements Drainable {
  readonly #o: ManagedLifeOptions;
  readonly name: string;
  readonly owner: number;
  thread: Thread;
  #end: () => void = () => {};
  #ended = false;
  #stopping = false;
  /** Its thread has done what comes first: it has taken over from its predecessor. */
  hasBegun = false;
  /** It has said that it is done; else it was ended in the middle of something, and nobody could tell of what. */
  hasDrained = false;
  #drain: ((deadline: number) => Promise<void>) | undefined;
  #deadline: number | undefined;
  readonly #drained = Promise.withResolvers<void>();

  constructor(options: ManagedLifeOptions) {
    this.#o = options;
    this.name = options.name;
    this.owner = options.owner;
    this.thread = this.#spawn(false);
  }

  get drained(): Promise<void> {
    return this.#drained.promise;
  }

  #spawn(restarted: boolean): Thread {
    const { name, owner, onFailure, begin } = this.#o;
    const thread = new Thread(name, owner, (error) => onFailure(name, error));
    this.thread = thread;
    this.#drain = undefined;
    this.#ended = false;
    this.hasBegun = false;
    const begun = (): void => {
      this.hasBegun = true;
    };
    this.#end = begin({ thread, restarted, begun });
    return thread;
  }

  /** The thread's side: calls `drain` once, when it is told to. */
  onDrain(drain: (deadline: number) => Promise<void>): void {
    this.#drain = drain;
    this.#tellDrain();
  }

  post(message: { readonly type?: string; readonly deadline?: number }): void {
    this.#deadline = message.deadline;
    this.#tellDrain();
  }

  #tellDrain(): void {
    const [drain, deadline] = [this.#drain, this.#deadline];
    if (drain === undefined || deadline === undefined) return;
    this.#drain = undefined;
    const { thread } = this;
    this.#o.time.later(thread, 0, () => {
      drain(deadline).catch((error: unknown) => thread.failed(error));
    });
  }

  /** The thread's side: it has drained. */
  tellDrained(): void {
    this.hasDrained = true;
    this.#drained.resolve();
  }

  expectEnd(): void {
    this.#stopping = true;
  }

  async terminate(): Promise<void> {
    this.#stopping = true;
    this.thread.dead = true;
    this.bury();
  }

  /** Lets go of what a thread that has ended held. */
  bury(): void {
    if (!this.thread.dead || this.#ended) return;
    this.#ended = true;
    this.#end();
  }

  /** Replaces a thread that has died, unless its end was expected. */
  replace(): boolean {
    if (!this.thread.dead || this.#stopping) return false;
    this.bury();
    this.#o.onDeath();
    this.#spawn(true);
    return true;
  }
}
