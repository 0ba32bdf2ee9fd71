/** Where the admin API of a server with this configuration is. */
import type { Config } from '../config.ts';
import { hostAndPort } from '../hosts.ts';

/** A server that listens on every address is asked at the loopback one. */
export function adminUrlOf(config: Config): string {
  const everywhere: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  const host = everywhere[config['admin.host']] ?? config['admin.host'];
  return `http://${hostAndPort(host, config['admin.port'])}/`;
}
