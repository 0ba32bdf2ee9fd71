/** What `serve` says when it serves: where it listens, where records go, and how to try it. */
import type { Config } from '../config.ts';
import { hostAndPort, isEveryAddress, redirectScheme } from '../hosts.ts';
import { options } from '../options.ts';
import type { Ports } from './supervisor.ts';

/** A URL at which a server that listens there can be asked from this machine. */
export const urlOf = (host: string, port: number, scheme = 'http'): string =>
  `${scheme}://${hostAndPort(isEveryAddress(host) ? 'localhost' : host, port)}/`;

function destination(config: Config): string {
  if (config.sink === 'kafka') return `Kafka topic "${config.topic}" at ${config.brokers?.join(', ')}`;
  if (config.sink === 'stdout') return 'standard output, one JSON line each';
  const why = config.brokers === undefined ? ' (no brokers are given)' : '';
  return `the spool ${config['spool.path']}${why}`;
}

/** Lines for people, on standard error. */
export function describeStart(config: Config, ports: Ports): string[] {
  const url = urlOf(config.host, ports.redirects, redirectScheme(config));
  const what =
    config.rules === undefined ? `${config.status} to ${config.target}` : `rules of ${config.rules}`;
  // npm does not put a checkout's own command on the PATH; npx finds it.
  const command = process.env.npm_lifecycle_event === undefined ? 'redirector' : 'npx redirector';
  const path =
    config['spool.path'] === options['spool.path'].default ? '' : ` --spool-path ${config['spool.path']}`;
  const look = config.sink === 'spool' ? `   then: ${command} spool tail${path}` : '';
  return [
    `redirector: answering at ${url} (${what})`,
    `redirector: records go to ${destination(config)}`,
    `redirector: admin API at ${urlOf(config['admin.host'], ports.admin)} (a status page; /api/v1/stats, /metrics, /readyz)`,
    `redirector: try it: curl -i ${url}${look}`,
  ];
}
