/** Connections of trusted proxies that begin with a header of the PROXY protocol. */
import type { Server, Socket } from 'node:net';
import { bareAddress } from '../hosts.ts';
import type { Networks } from '../networks.ts';
import { parseProxyHeader } from './proxy-header.ts';
import { remoteAddressOf, setRemoteAddress } from './redirect/remote-address.ts';

export interface ProxyConnectionsOptions {
  /** From all others a connection is taken as it is: who is no proxy of ours cannot say who it is. */
  readonly trusted: Networks;
  readonly timeoutMs: number;
  /** Told of a connection that is closed for what it did not begin with. */
  readonly refused: (peer: string, reason: string) => void;
}

/**
 * Puts itself before all that listens for the server's connections: they get one when its header has come, with the client's
 * address instead of the proxy's, and without the header.
 * @returns a function that closes those which have sent none so far
 */
export function readProxyHeaders(server: Server, options: ProxyConnectionsOptions): () => void {
  const takers = server.listeners('connection') as ((this: Server, socket: Socket) => void)[];
  const pass = (socket: Socket): void => {
    for (const take of takers) take.call(server, socket);
  };
  const waiting = new Set<Socket>();
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    if (!options.trusted.has(bareAddress(remoteAddressOf(socket)))) return pass(socket);
    waiting.add(socket);
    awaitHeader(socket, options, (isWell) => {
      waiting.delete(socket);
      if (isWell) pass(socket);
      else socket.destroy();
    });
  });
  return () => {
    for (const socket of waiting) socket.destroy();
  };
}

/** Takes the header off a connection; `end` is called once, when that is done or cannot be. */
function awaitHeader(
  socket: Socket,
  { timeoutMs, refused }: ProxyConnectionsOptions,
  end: (isWell: boolean) => void,
): void {
  const peer = remoteAddressOf(socket);
  let bytes: Buffer = Buffer.alloc(0);
  const finish = (isWell: boolean): void => {
    clearTimeout(timer);
    socket.off('readable', read).off('end', ended).off('close', closed).off('error', ignore);
    end(isWell);
  };
  const refuse = (reason: string): void => {
    refused(peer, reason);
    finish(false);
  };
  const read = (): void => {
    for (let chunk = socket.read(); chunk !== null; chunk = socket.read())
      bytes = Buffer.concat([bytes, chunk]);
    const header = parseProxyHeader(bytes);
    if (header.kind === 'wrong') refuse(header.reason);
    if (header.kind !== 'header') return;
    if (header.client !== undefined) setRemoteAddress(socket, header.client);
    const rest = bytes.subarray(header.length);
    if (rest.length > 0) socket.unshift(rest);
    finish(true);
  };
  /** Load balancers connect and close to see whether anyone is there: that is no fault. */
  const ended = (): void => (bytes.length === 0 ? finish(false) : refuse('it ends in the middle'));
  const closed = (): void => finish(false);
  const ignore = (): void => {}; // the end follows
  const timer = setTimeout(() => refuse('it does not come within timeout.read'), timeoutMs);
  socket.on('readable', read).on('end', ended).on('close', closed).on('error', ignore);
}
