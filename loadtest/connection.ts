/**
 * One connection slot of the generator: at most one request at a time, on a socket that is opened when it is needed
 * and kept alive. What happens to a request is told once, by `onAnswer` or `onFailure`.
 */
import type { Socket } from 'node:net';
import { MalformedResponse, type ResponseHead, ResponseReader } from './response-reader.ts';
import { connect, type Target } from './target.ts';

/** Why a request got no answer; a code of the system (ECONNREFUSED) where there is one. */
export type FailureReason = string;

export interface ConnectionEvents {
  /** The whole answer of the request in flight came; the slot is free again. */
  onAnswer(slot: Connection, status: number, due: number): void;
  /** The request in flight will get no answer; the slot is free again. */
  onFailure(slot: Connection, reason: FailureReason): void;
}

/** A slot. `due` belongs to the request in flight. */
export class Connection {
  /** When the request in flight was due; NaN when there is none. */
  due = Number.NaN;

  readonly #target: Target;
  readonly #events: ConnectionEvents;
  #socket: Socket | undefined;

  constructor(target: Target, events: ConnectionEvents) {
    this.#target = target;
    this.#events = events;
  }

  /** A socket is open: a request goes out at once. */
  get warm(): boolean {
    return this.#socket !== undefined;
  }

  get busy(): boolean {
    return !Number.isNaN(this.due);
  }

  /** Opens the socket ahead of the first request. Rejects with the system's error when that fails. */
  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = this.#connect(resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('the connection was closed')));
    });
  }

  /** Sends the request that was due at `due`; the slot must be free. Without a socket it connects first. */
  send(due: number, request: Buffer): void {
    this.due = due;
    if (this.#socket === undefined) this.#connect(() => this.#socket?.write(request));
    else this.#socket.write(request);
  }

  /** Gives the request in flight up for `reason` and closes the socket: a late answer must not meet the next request. */
  abandon(reason: FailureReason): void {
    this.#drop();
    this.#fail(reason);
  }

  /** Closes the socket; a request in flight is forgotten. */
  close(): void {
    this.#drop();
    this.due = Number.NaN;
  }

  #connect(onReady: () => void): Socket {
    let answer: ResponseHead | undefined;
    const reader = new ResponseReader((response) => {
      if (answer !== undefined || !this.busy) throw new MalformedResponse('came without a request');
      answer = response;
    });
    const deliver = ({ status, keepAlive }: ResponseHead): void => {
      answer = undefined;
      if (!keepAlive) this.#drop();
      const { due } = this;
      this.due = Number.NaN;
      this.#events.onAnswer(this, status, due);
    };
    const socket = connect(this.#target, onReady, (bytes) => {
      if (this.#socket !== socket) return;
      try {
        reader.push(bytes);
        // Told only now: `onAnswer` may send the next request at once, and what is left of these bytes is not its answer.
        if (answer === undefined) return;
        if (!reader.atBoundary) throw new MalformedResponse('has bytes after its end');
      } catch (error) {
        this.#broken(error);
        return;
      }
      deliver(answer);
    });
    // The server closed its side: the end of a body without length, or of the connection.
    const ended = (): void => {
      if (this.#socket !== socket) return;
      try {
        reader.end();
      } catch (error) {
        this.#broken(error);
        return;
      }
      if (answer === undefined) this.abandon('closed before an answer');
      else deliver(answer);
    };
    this.#socket = socket;
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (this.#socket === socket) this.abandon(error.code ?? error.message);
    });
    socket.on('end', ended);
    socket.on('close', ended);
    return socket;
  }

  #broken(error: unknown): void {
    if (!(error instanceof MalformedResponse)) throw error;
    this.abandon(`the answer ${error.message}`);
  }

  #fail(reason: FailureReason): void {
    if (!this.busy) return;
    this.due = Number.NaN;
    this.#events.onFailure(this, reason);
  }

  #drop(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }
}
