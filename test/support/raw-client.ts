/** A TCP connection that speaks bytes, for what an HTTP client would not send. */
import { connect, type Socket } from 'node:net';
import { waitFor } from './wait-for.ts';

export interface RawClient {
  readonly socket: Socket;
  /** `ip:port` of this end, IPv6 in brackets: what the server sees as the remote address. */
  readonly address: string;
  /** Sends text, one byte for each character (latin1). */
  send(text: string): void;
  /** All that has come so far, one character for each byte. */
  received(): string;
  /** Waits until `count` answers have begun to come and the last one's head is whole. */
  answers(count: number): Promise<string[]>;
  /** Waits until the other end has closed the connection, in whatever way. */
  closed(): Promise<void>;
}

const PATIENCE_MS = 20_000;

/** Connects to the host and port of a URL. */
export async function rawClient(url: string): Promise<RawClient> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('connect', resolve).once('error', reject);
  await promise;
  socket.on('error', () => {}); // a reset is a way to close
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk as Buffer));
  const received = (): string => Buffer.concat(chunks).toString('latin1');
  const split = (): string[] =>
    received()
      .split(/(?=HTTP\/1\.1 \d{3} )/)
      .filter(Boolean);
  const host = socket.localAddress?.includes(':') ? `[${socket.localAddress}]` : socket.localAddress;
  return {
    socket,
    address: `${host}:${socket.localPort}`,
    send: (text) => {
      socket.write(text, 'latin1');
    },
    received,
    answers: (count) =>
      waitFor(`${count} answers`, split, {
        timeoutMs: PATIENCE_MS,
        until: (answers) => answers.length >= count && answers[count - 1]!.includes('\r\n\r\n'),
      }),
    closed: async () => {
      await waitFor('the connection to be closed', () => socket.closed || socket.readableEnded, {
        timeoutMs: PATIENCE_MS,
      });
    },
  };
}

/** A GET without a body, as text. */
export const get = (path: string, headers = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: test.example\r\n${headers}\r\n`;
