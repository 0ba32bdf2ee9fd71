/** The HTTP server of a listener: its objects, its limits, and TLS where that is asked for. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type express from 'express';
import type { Config } from '../config.ts';
import { bareAddress } from '../hosts.ts';
import type { ParserStatus } from '../http-statuses.ts';
import { Networks } from '../networks.ts';
import { createServer, IncomingMessage, ServerResponse } from '../node-http.ts';
import type { RefusalReason } from '../telemetry/request-stats.ts';
import { answerBadRequests, withOneHost } from './bad-requests.ts';
import type { Certificate } from './certificate.ts';
import { readProxyHeaders } from './proxy-connections.ts';
import { remoteAddressOf } from './redirect/remote-address.ts';

/** How often Node looks for requests that are over timeout.read; its default of 30 s makes 2 s into 30. */
const TIMEOUT_CHECK_MS = 500;

export interface HttpServerOptions {
  readonly config: Config;
  /** How many share the limits of the process. */
  readonly listeners: number;
  /** With one it speaks TLS. */
  readonly certificate: Certificate | undefined;
  /** Counts a request that never comes to the app. */
  readonly badRequest: (status: ParserStatus) => void;
  /** Counts a connection that is closed before its first request. */
  readonly refused: (reason: RefusalReason) => void;
  /** Told why a trusted proxy's connection is. */
  readonly badProxyHeader: (peer: string, reason: string) => void;
}

export interface HttpServer {
  /** It does not listen yet. */
  readonly server: Server;
  /** Closes connections that Node knows nothing of yet. */
  readonly closeUnheard: () => void;
}

export function makeHttpServer(
  app: express.Express,
  { config, listeners, certificate, badRequest, refused, badProxyHeader }: HttpServerOptions,
): HttpServer {
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
    requireHostHeader: false, // withOneHost looks for it
  };
  const listener = withOneHost(app, badRequest);
  const server =
    certificate === undefined
      ? createServer(options, listener)
      : // Loaded where it is needed: 3 MiB.
        process
          .getBuiltinModule('node:https')
          .createServer({ ...options, ...certificate, handshakeTimeout: config['timeout.read'] }, listener);
  const connections = config['limit.connections'];
  if (connections !== undefined) server.maxConnections = Math.ceil(connections / listeners);
  server.on('drop', () => refused('limit'));
  const trusted = new Networks(config['proxy.trusted'] ?? []);
  const perAddress = config['limit.connectionsPerAddress'];
  if (perAddress !== undefined) limitAddresses(server, perAddress, trusted, () => refused('address_limit'));
  server.on('connection', remoteAddressOf);
  answerBadRequests(server, badRequest);
  if (config['proxy.protocol'] === 'off') return { server, closeUnheard: () => {} };
  const closeUnheard = readProxyHeaders(server, {
    trusted,
    timeoutMs: config['timeout.read'],
    refused: (peer, reason) => {
      refused('proxy_header');
      badProxyHeader(peer, reason);
    },
  });
  return { server, closeUnheard };
}

/** Refuses connections of an address that has so many already; proxies that are trusted speak for many, and may have more. */
function limitAddresses(server: Server, most: number, trusted: Networks, refused: () => void): void {
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
    if (count <= most) return;
    refused();
    socket.destroy();
  });
}
