/** Host names and addresses, as options and URLs have them. */
import type { Config } from './config.ts';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/i;

/** Whether `host` (IPv6 without brackets) is this machine by its loopback name or address. */
export const isLoopbackHost = (host: string): boolean => LOOPBACK.test(host);

/** Whether to listen on `host` is to listen on every address. */
export const isEveryAddress = (host: string): boolean => host === '0.0.0.0' || host === '::';

/** `host:port` as URLs and errors write it: IPv6 in brackets. */
export const hostAndPort = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** The scheme by which redirects are served. */
export const redirectScheme = (config: Pick<Config, 'https.cert'>): 'http' | 'https' =>
  config['https.cert'] === undefined ? 'http' : 'https';

/** An IPv4-mapped IPv6 address as IPv4; any other as it is. */
export const unmapped = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');

/** The address of `ip:port`, or of an address alone, without brackets. */
export const bareAddress = (address: string): string =>
  /^\[(.*)\]/.exec(address)?.[1] ?? address.replace(/:\d+$/, '');
