/** A worker thread that is replaced when it dies, and given up when it dies too often. */
import { type ResourceLimits, Worker } from 'node:worker_threads';
import { type ErrorCode, RedirectorError, reasonOf, userError } from '../errors.ts';
import type { ServerLog } from './log.ts';
import type { FailedMessage, LogMessage, ThreadData } from './messages.ts';
import type { Drainable } from './shutdown.ts';

/** Deaths within the window after which a thread is given up. */
export const MAX_DEATHS = 5;
const WINDOW_MS = 60_000;

export interface ManagedThreadOptions<Message extends { readonly type: string }> {
  /** For the log, e.g. "listener 0". */
  readonly name: string;
  /** The file in this folder, without its extension. */
  readonly file: string;
  /** What it is started with, asked for at each start. */
  readonly data: () => ThreadData;
  /** Of its heap; V8's own where none is given. */
  readonly resourceLimits?: ResourceLimits;
  readonly log: ServerLog;
  readonly onMessage: (message: Message) => void;
  /** The type of the message that ends the start. */
  readonly firstWord: Message['type'];
  /** The type of the message with which it ends a drain. */
  readonly lastWord: Message['type'];
  /** Brings shared state in order before the successor starts. */
  readonly onDeath: () => void;
  readonly onGivenUp: (error: string) => void;
}

export class ManagedThread<Message extends { readonly type: string }> implements Drainable {
  readonly #o: ManagedThreadOptions<Message>;
  #worker: Worker | undefined;
  #deaths: number[] = [];
  #stopping = false;
  readonly #drained = Promise.withResolvers<void>();
  /** Times that it was replaced. */
  restarts = 0;
  state: 'starting' | 'running' | 'restarting' | 'given_up' | 'stopped' = 'starting';

  constructor(options: ManagedThreadOptions<Message>) {
    this.#o = options;
  }

  get name(): string {
    return this.#o.name;
  }

  /** Its event loop's row in the shared memory. */
  get loopRow(): number {
    return this.#o.data().loopRow;
  }

  get drained(): Promise<void> {
    return this.#drained.promise;
  }

  /**
   * Starts the thread and waits until it says that it has.
   * @throws RedirectorError when the thread says why it cannot, or it dies first
   */
  start(): Promise<Message> {
    return new Promise((resolve, reject) => this.#spawn(false, resolve, reject));
  }

  #spawn(restarted: boolean, started: (message: Message) => void, failed: (error: Error) => void): void {
    const { name, file, data, resourceLimits = {}, log, onMessage, firstWord, lastWord } = this.#o;
    // In a checkout this file ends in .ts, in a published package in .js; so do the threads' files.
    const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
    const worker = new Worker(new URL(`./${file}${extension}`, import.meta.url), {
      name,
      workerData: { ...data(), restarted },
      // A --import of an instrumentation would be inherited, and cost the request path more than the redirect itself.
      execArgv: [],
      resourceLimits,
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    this.#worker = worker;
    let cause = 'it ended';
    worker.on('message', (message: Message | LogMessage | FailedMessage) => {
      if (message.type === 'log') {
        log.relay(message as LogMessage, name);
      } else if (message.type === 'failed') {
        const { code, message: text, hint } = message as FailedMessage;
        cause = text;
        failed(new RedirectorError(code as ErrorCode, text, hint));
        if (restarted) void worker.terminate();
      } else {
        if (message.type === firstWord) {
          this.state = 'running';
          started(message as Message);
        }
        if (message.type === lastWord) this.#drained.resolve();
        onMessage(message as Message);
      }
    });
    worker.on('error', (error) => {
      cause = error instanceof Error ? (error.stack ?? error.message) : reasonOf(error);
    });
    worker.on('exit', () => {
      failed(new Error(`the ${name} thread ended before it had started: ${cause}`));
      if (!this.#stopping && this.state !== 'starting') this.#replace(cause);
    });
  }

  #replace(cause: string): void {
    const { name, log, onDeath, onGivenUp } = this.#o;
    const now = performance.now();
    this.#deaths = [...this.#deaths.filter((at) => now - at < WINDOW_MS), now];
    onDeath();
    if (this.#deaths.length >= MAX_DEATHS) {
      this.state = 'given_up';
      const reason = reasonOf(cause);
      const { message } = userError('THREAD_GIVEN_UP', { thread: name, deaths: MAX_DEATHS, reason });
      log.log('redirector.thread.given_up', {
        'thread.name': name,
        'exception.message': message,
        'exception.stacktrace': cause,
      });
      this.#drained.resolve(); // nobody is left to say so
      onGivenUp(reason);
      return;
    }
    this.state = 'restarting';
    log.log('redirector.thread.died', {
      'thread.name': name,
      'exception.stacktrace': cause,
      'redirector.thread.restarts': ++this.restarts,
    });
    this.#spawn(
      true,
      () => {},
      () => {},
    );
  }

  /** Says something to the thread, if it lives. */
  post(message: object): void {
    this.#worker?.postMessage(message);
  }

  /** From now on its end is no death. */
  expectEnd(): void {
    this.#stopping = true;
  }

  async terminate(): Promise<void> {
    this.#stopping = true;
    this.state = 'stopped';
    await this.#worker?.terminate();
  }
}
