/** Where the requests of a run go, and the bytes of the one request that is sent again and again. */
import * as net from 'node:net';
import * as tls from 'node:tls';
import { isLoopbackHost } from '../src/hosts.ts';
import { traceHeader } from './request-trace.ts';

/** A parsed target. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  readonly request: Buffer;
}

/** The host of `url` as `net.connect` takes it: IPv6 without brackets. */
const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

/** True when the host of `url` is this machine by name or address. */
export const isLoopback = (url: string): boolean => isLoopbackHost(hostOf(new URL(url)));

/** The User-Agent by which the records of run `run` are found again. */
export const userAgentOf = (run: string): string => `redirector-loadtest/${run}`;

/**
 * What to connect to and what to send for `url` (http or https); the path and query are those of the URL.
 * @param trace the request has a `traceparent`, to be made new for each (`renewTrace`)
 */
export function targetOf(url: string, userAgent: string, trace = false): Target {
  const parsed = new URL(url);
  const secure = parsed.protocol === 'https:';
  const head = [
    `GET ${parsed.pathname}${parsed.search} HTTP/1.1`,
    `Host: ${parsed.host}`,
    `User-Agent: ${userAgent}`,
    'Accept: */*',
    ...(trace ? [traceHeader] : []),
  ];
  return {
    host: hostOf(parsed),
    port: Number(parsed.port) || (secure ? 443 : 80),
    secure,
    request: Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'),
  };
}

/**
 * Opens a connection. `onBytes` gets each piece read; the buffer is the socket's own and is reused: nothing is allocated
 * per answer.
 */
export function connect(target: Target, onReady: () => void, onBytes: (bytes: Buffer) => void): net.Socket {
  const { host, port } = target;
  if (target.secure) {
    // Server names are for names: RFC 6066 forbids addresses.
    const servername = net.isIP(host) === 0 ? { servername: host } : {};
    return tls.connect({ host, port, ...servername }, onReady).on('data', onBytes);
  }
  const buffer = Buffer.allocUnsafeSlow(16 * 1024);
  const socket = net.connect({
    host,
    port,
    noDelay: true,
    onread: {
      buffer,
      callback: (length) => {
        onBytes(buffer.subarray(0, length));
        return true;
      },
    },
  });
  return socket.on('connect', onReady);
}
