/**
 * One buffer for the reads of all sockets of a thread. Else Node allocates 64 KiB for each read, and cuts off what it does not need.
 * Its documented way to this, `onread`, is for sockets that connect. It sets fields that are found here by their names.
 */
import { Socket } from 'node:net';

/** What is done with the first bytes of the buffer, which is used again afterwards. */
export type Take = (bytes: Buffer, length: number) => void;

function findField(name: string): symbol | undefined {
  return Object.getOwnPropertySymbols(new Socket()).find(({ description }) => description === name);
}

const bufferField = findField('kBuffer');
const callbackField = findField('kBufferCb');

type Fields = Record<symbol, unknown> & { _handle?: { useUserBuffer?: (bytes: Buffer) => void } };

export class ReadBuffer {
  readonly #bytes: Buffer;

  constructor(bytes: number) {
    this.#bytes = Buffer.allocUnsafeSlow(bytes);
  }

  /** Reads a socket that nobody has read yet. Returns false where this Node has other fields: then it is as it was. */
  read(socket: Socket, take: Take): boolean {
    const fields = socket as unknown as Fields;
    if (bufferField === undefined || callbackField === undefined) return false;
    if (fields._handle?.useUserBuffer === undefined) return false;
    fields._handle.useUserBuffer(this.#bytes);
    fields[bufferField] = this.#bytes;
    fields[callbackField] = (length: number, bytes: Buffer): void => take(bytes, length);
    socket.resume();
    return true;
  }

  /** Leaves a socket to node:http, which reads by itself. */
  leave(socket: Socket): void {
    const fields = socket as unknown as Fields;
    fields[bufferField!] = null;
    fields[callbackField!] = null;
  }
}
