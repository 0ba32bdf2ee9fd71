/** Where the requests of a run go, and their bytes, which are made once and sent again and again. */
import * as net from 'node:net';
import * as tls from 'node:tls';
import { isLoopbackHost } from '../src/hosts.ts';
import type { RequestKind } from './request-kinds.ts';
import { traceHeader } from './request-trace.ts';

/** A parsed target. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  /** One for each kind. */
  readonly requests: readonly Buffer[];
}

/** The host of `url` as `net.connect` takes it: IPv6 without brackets. */
const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

/** True when the host of `url` is this machine by name or address. */
export const isLoopback = (url: string): boolean => isLoopbackHost(hostOf(new URL(url)));

/** The User-Agent by which the records of run `run` are found again. */
export const userAgentOf = (run: string): string => `redirector-loadtest/${run}`;

/** A request's User-Agent: the one that its kind names with the mark of the run behind it, or the mark alone. */
const markedUserAgent = (named: string | undefined, mark: string): string =>
  named === undefined ? mark : `${named} ${mark}`;

/** True when a User-Agent has the mark of a run, as `markedUserAgent` puts it there. */
export const hasMark = (userAgent: unknown, mark: string): boolean =>
  typeof userAgent === 'string' && (userAgent === mark || userAgent.endsWith(` ${mark}`));

/**
 * What to connect to and what to send to `url` (http or https).
 * @param mark the User-Agent of the run
 * @param kinds what is requested; by default the path and query of the URL
 * @param trace the requests have a `traceparent`, to be made new for each (`withNewTrace`)
 */
export function targetOf(url: string, mark: string, kinds?: readonly RequestKind[], trace = false): Target {
  const parsed = new URL(url);
  const secure = parsed.protocol === 'https:';
  const bytesOf = ({ path, userAgent, headers = [] }: RequestKind): Buffer => {
    const named = new Set(headers.map(([name]) => name.toLowerCase()));
    const defaults = [`Host: ${parsed.host}`, 'Accept: */*'].filter(
      (line) => !named.has(line.slice(0, line.indexOf(':')).toLowerCase()),
    );
    const head = [
      `GET ${path} HTTP/1.1`,
      ...defaults,
      `User-Agent: ${markedUserAgent(userAgent, mark)}`,
      ...headers.map(([name, value]) => `${name}: ${value}`),
      ...(trace ? [traceHeader] : []),
    ];
    return Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1');
  };
  return {
    host: hostOf(parsed),
    port: Number(parsed.port) || (secure ? 443 : 80),
    secure,
    requests: (kinds ?? [{ path: parsed.pathname + parsed.search }]).map(bytesOf),
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
