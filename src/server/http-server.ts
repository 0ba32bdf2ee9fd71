/** The HTTP server of a listener: its objects, its limits, and TLS where that is asked for. */
import { createServer, IncomingMessage, type Server, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type express from 'express';
import type { Config } from '../config.ts';
import { bareAddress } from '../hosts.ts';
import { Networks } from '../networks.ts';
import type { Certificate } from './certificate.ts';
import { remoteAddressOf } from './redirect/request-path.ts';

/** How often Node looks for requests that are over timeout.read; its default of 30 s makes 2 s into 30. */
const TIMEOUT_CHECK_MS = 500;

/**
 * Makes the server; it does not listen yet.
 * @param listeners how many share the limits of the process
 * @param certificate with one it speaks TLS
 */
export function makeHttpServer(
  app: express.Express,
  config: Config,
  listeners: number,
  certificate: Certificate | undefined,
): Server {
  // Express swaps the prototype of every request and response, which costs V8 its inline caches; objects that are born
  // with the prototype that Express would set make that free (expressjs/express#5998).
  class Request extends IncomingMessage {}
  class Response extends ServerResponse {}
  Object.setPrototypeOf(Request.prototype, app.request);
  Object.setPrototypeOf(Response.prototype, app.response);
  app.request = Request.prototype as express.Request;
  app.response = Response.prototype as unknown as express.Response;
  const options = {
    IncomingMessage: Request,
    ServerResponse: Response,
    requestTimeout: config['timeout.read'],
    headersTimeout: config['timeout.read'],
    keepAliveTimeout: config['timeout.idle'],
    connectionsCheckingInterval: Math.min(TIMEOUT_CHECK_MS, config['timeout.read']),
    maxHeaderSize: config['limit.headerBytes'],
  };
  const server =
    certificate === undefined
      ? createServer(options, app)
      : createTlsServer({ ...options, ...certificate, handshakeTimeout: config['timeout.read'] }, app);
  const connections = config['limit.connections'];
  if (connections !== undefined) server.maxConnections = Math.ceil(connections / listeners);
  const perAddress = config['limit.connectionsPerAddress'];
  if (perAddress !== undefined)
    limitAddresses(server, perAddress, new Networks(config['proxy.trusted'] ?? []));
  server.on('connection', remoteAddressOf);
  return server;
}

/** Refuses connections of an address that has so many already; proxies that are trusted speak for many, and may have more. */
function limitAddresses(server: Server, most: number, trusted: Networks): void {
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const address = bareAddress(remoteAddressOf(socket));
    if (trusted.has(address)) return;
    const count = (open.get(address) ?? 0) + 1;
    open.set(address, count);
    socket.once('close', () => {
      const left = open.get(address)! - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
    if (count > most) socket.destroy();
  });
}
