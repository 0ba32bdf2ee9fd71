/**
 * JSON lines on standard output, for people who keep their own shipper. A reader that does not keep up leaves slabs
 * waiting, then the queue full, then drops: never a stall of an answer.
 */
import { fstatSync, write } from 'node:fs';
import { Socket } from 'node:net';
import { reasonOf } from '../../errors.ts';
import { BATCH_HEADER_BYTES, decodeRecords } from '../queue/record-batch.ts';
import { flag } from '../queue/slab-layout.ts';
import type { SlabPool } from '../queue/slab-pool.ts';
import { IdleLatch } from './idle-latch.ts';
import type { SendOutcome, Sink, SinkHost, SinkStatus } from './sink.ts';

const NEWLINE = Buffer.from('\n');

/** Writes bytes and calls back when the system has taken all of them. */
export type Output = (bytes: Buffer, done: (error?: Error | null) => void) => void;

/** The output behind a file descriptor. Pipes and sockets are written without blocking a thread, files by the pool. */
export function outputOf(descriptor: number): Output {
  const stat = fstatSync(descriptor);
  if (stat.isFIFO() || stat.isSocket()) {
    const socket = new Socket({ fd: descriptor, readable: false, writable: true });
    socket.on('error', () => {}); // each write's callback tells
    return (bytes, done) => {
      socket.write(bytes, done);
    };
  }
  const rest = (bytes: Buffer, done: (error?: Error | null) => void): void => {
    write(descriptor, bytes, (error, written) => {
      if (error !== null) done(error);
      else if (written < bytes.length) rest(bytes.subarray(written), done);
      else done();
    });
  };
  return rest;
}

/** The values of a slab's records, one a line. */
export function linesOf(pool: SlabPool, slab: number): Buffer {
  const section = pool.bytes(slab).subarray(BATCH_HEADER_BYTES, BATCH_HEADER_BYTES + pool.recordBytes(slab));
  const parts: Uint8Array[] = [];
  for (const { value } of decodeRecords(section)) parts.push(value ?? NEWLINE.subarray(0, 0), NEWLINE);
  return Buffer.concat(parts);
}

export class StdoutSink implements Sink {
  readonly #pool: SlabPool;
  readonly #host: SinkHost;
  readonly #output: Output;
  #current: { resolve: (outcome: SendOutcome) => void } | undefined;
  #closed = false;
  readonly #idle = new IdleLatch();
  status: SinkStatus = { state: 'connecting', lastError: null };

  constructor(pool: SlabPool, host: SinkHost, output: Output) {
    this.#pool = pool;
    this.#host = host;
    this.#output = output;
  }

  async open(): Promise<void> {
    this.status = { state: 'connected', lastError: null };
  }

  /** One slab at a time: a line is never torn by another. */
  ready(): number {
    return this.#current === undefined && !this.#closed ? 1 : 0;
  }

  send(slab: number): Promise<SendOutcome> {
    return new Promise((resolve) => {
      const current = { resolve };
      this.#current = current;
      this.#pool.addFlag(slab, flag.ON_WIRE);
      this.#output(linesOf(this.#pool, slab), (error) => {
        if (this.#current !== current) return; // given up at the deadline
        if (error) {
          const reason = reasonOf(error);
          const lastError = `Standard output cannot be written: ${reason}.`;
          if (this.status.lastError !== lastError) {
            this.#host.log('redirector.stdout.write_failed', { 'exception.message': reason });
          }
          this.status = { state: 'degraded', lastError };
        } else {
          this.status = { state: 'connected', lastError: null };
        }
        this.#finish(error ? { kind: 'dropped', reason: 'rejected' } : { kind: 'delivered' });
      });
    });
  }

  #finish(outcome: SendOutcome): void {
    const current = this.#current;
    this.#current = undefined;
    current?.resolve(outcome);
    this.#idle.release();
    this.#host.wake();
  }

  async close(deadline: number): Promise<void> {
    this.#closed = true;
    if (this.#current === undefined) return;
    await this.#idle.wait(deadline);
    if (this.#current !== undefined) this.#finish({ kind: 'dropped', reason: 'shutdown_deadline' });
  }
}
