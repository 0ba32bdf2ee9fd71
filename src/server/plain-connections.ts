/**
 * Connections, as long as their requests are plain (redirect/plain-request.ts). They are answered here at less than half of what
 * node:http takes for it. With the first request that is not plain, or when the client does not take its answers, a connection goes
 * to node:http with what it has sent and was not answered, and stays there.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { ReadBuffer } from './read-buffer.ts';
import { readPlainRequest } from './redirect/plain-request.ts';
import type { Exchange, RequestPath } from './redirect/request-path.ts';

/** What comes in longer pieces is not plain. */
const MOST_BYTES = 16 * 1024;
/** What node:http adds to timeout.idle, so that a client that keeps to the time it was told is not cut off. */
const IDLE_MARGIN_MS = 1000;

export interface PlainOptions {
  /** For the first request of a connection, ms. */
  readonly readTimeoutMs: number;
  /** Between requests, ms. */
  readonly idleTimeoutMs: number;
  readonly maxHeaderBytes: number;
}

const freshKey = Symbol('has sent nothing yet');
type Connection = Socket & { [freshKey]?: boolean };

export class PlainConnections {
  readonly #server: Server;
  readonly #path: RequestPath;
  readonly #o: PlainOptions;
  readonly #toHttp: (socket: Socket) => void;
  readonly #buffer = new ReadBuffer(MOST_BYTES);
  readonly #open = new Set<Socket>();
  /** Ends the head of an answer after which the connection stays. */
  readonly #keepAlive: string;
  #second = -1;
  #date = '';

  /** Takes the connections of a server, before others see them. */
  constructor(server: Server, path: RequestPath, options: PlainOptions) {
    this.#server = server;
    this.#path = path;
    this.#o = options;
    this.#keepAlive = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(options.idleTimeoutMs / 1000)}\r\n\r\n`;
    const [toHttp] = server.listeners('connection') as [(socket: Socket) => void];
    server.removeListener('connection', toHttp);
    this.#toHttp = toHttp.bind(server);
    server.on('connection', (socket) => this.#take(socket));
  }

  /** Closes those that are here, all of which are between two requests, once what the system has of the next ones is answered. */
  close(): void {
    // The first one is still in this turn of the event loop, the second one after the reads of the next.
    setImmediate(() =>
      setImmediate(() => {
        for (const socket of this.#open) this.#end(socket);
      }),
    );
  }

  /** Ends a connection. What comes in from now on cannot be answered any more, so it is not taken either. */
  #end(socket: Socket): void {
    this.#open.delete(socket);
    socket.destroySoon();
  }

  #take(socket: Connection): void {
    if (socket.destroyed) return;
    if (!this.#buffer.read(socket, (bytes, length) => this.#read(socket, bytes, length))) {
      this.#toHttp(socket);
      return;
    }
    socket[freshKey] = true;
    socket.setTimeout(this.#o.readTimeoutMs);
    socket.on('timeout', () => this.#timedOut(socket));
    socket.on('end', onEnd).on('error', ignore);
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
  }

  /** Answers the requests of one piece. */
  #read(socket: Connection, bytes: Buffer, length: number): void {
    if (!this.#open.has(socket)) return;
    if (socket[freshKey] === true) {
      socket[freshKey] = false;
      socket.setTimeout(this.#o.idleTimeoutMs + IDLE_MARGIN_MS);
    }
    const isShort = length < MOST_BYTES && length <= this.#o.maxHeaderBytes;
    const text = isShort ? bytes.toString('latin1', 0, length) : '';
    let at = 0;
    while (at < text.length) {
      const request = readPlainRequest(text, at, socket);
      if (request === undefined) break;
      const exchange = this.#path.begin(request);
      if (exchange.answer.head === '') break;
      at = request.end;
      const isTaken = this.#answer(socket, exchange);
      if (exchange.isLast) {
        this.#end(socket);
        return;
      }
      if (!isTaken) break;
      if (at === length) return;
    }
    this.#handOver(socket, Buffer.from(bytes.subarray(at, length)));
  }

  /** Returns whether the system has taken the answer. */
  #answer(socket: Socket, exchange: Exchange): boolean {
    const { answer, isLast, requestId, request } = exchange;
    let head = isLast ? `${answer.head}Connection: close\r\n` : answer.head;
    if (requestId !== undefined) head += `X-Request-Id: ${requestId}\r\n`;
    head += `Date: ${this.#dateAt(exchange.time)}\r\n${isLast ? '\r\n' : this.#keepAlive}`;
    const body = request.method === 'HEAD' ? '' : answer.body;
    if (body === '') socket.write(head, 'latin1');
    else socket.write(Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)]));
    const isTaken = socket.writableLength === 0;
    if (isTaken) this.#path.end(exchange);
    else this.#path.end(exchange, (listener) => socket.write('', listener));
    return isTaken;
  }

  /** `Date` (RFC 9110, 5.6.7), made once a second. */
  #dateAt(ms: number): string {
    const second = Math.floor(ms / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#date = new Date(ms).toUTCString();
    }
    return this.#date;
  }

  #timedOut(socket: Connection): void {
    if (socket[freshKey] === true) this.#server.emit('clientError', requestTimeout(), socket);
    else this.#end(socket);
  }

  /** @param rest what was read of it and not answered */
  #handOver(socket: Connection, rest: Buffer): void {
    this.#open.delete(socket);
    // Not in the middle of a read: node:http reads in a way of its own.
    process.nextTick(() => {
      if (socket.destroyed) return;
      socket.removeAllListeners('timeout').off('end', onEnd).off('error', ignore);
      socket.setTimeout(0);
      this.#buffer.leave(socket);
      if (rest.length > 0) socket.unshift(rest);
      this.#toHttp(socket);
    });
  }
}

/** As node:http says it. */
const requestTimeout = (): Error =>
  Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });

/** The client has said that it sends no more; everything that it sent is answered. */
function onEnd(this: Socket): void {
  this.destroySoon();
}

/** A connection that fails is gone; 'close' follows. */
function ignore(): void {}
