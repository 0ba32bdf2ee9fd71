/** Levels of what the clients of a listener hold: open connections, and answers that they have not taken yet. */
import type { Socket } from 'node:net';
import type { RequestStats } from '../../telemetry/request-stats.ts';

const waitingKey = Symbol('answers that wait');

/** Clients often ask again before they have taken an answer, so the count is kept on the socket. */
type CountedSocket = Socket & { [waitingKey]?: number };

export class ClientLevels {
  readonly #stats: RequestStats;
  readonly #listener: number;

  constructor(stats: RequestStats, listener: number) {
    this.#stats = stats;
    this.#listener = listener;
  }

  /** Counts a new connection until it closes. */
  connected(socket: CountedSocket): void {
    this.#stats.addConnections(this.#listener, 1);
    socket.once('close', () => {
      this.#stats.addConnections(this.#listener, -1);
      this.#taken(socket, socket[waitingKey] ?? 0);
    });
  }

  /**
   * Counts an answer that was not taken at once, until it is or its connection closes.
   * @param onTaken how to hear that it was taken
   */
  waits(socket: CountedSocket, onTaken: (listener: () => void) => void): void {
    socket[waitingKey] = (socket[waitingKey] ?? 0) + 1;
    this.#stats.addWaiting(this.#listener, 1);
    onTaken(() => this.#taken(socket, Math.min(1, socket[waitingKey]!)));
  }

  #taken(socket: CountedSocket, count: number): void {
    if (count === 0) return; // it had finished before, or the connection has closed
    socket[waitingKey]! -= count;
    this.#stats.addWaiting(this.#listener, -count);
  }
}
