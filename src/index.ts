/**
 * The programming interface: what `import { createRedirector } from 'redirector'` gives. docs/api.md tells its users of it.
 */
import { type Config, loadConfig } from './config.ts';
import { userError } from './errors.ts';
import { redirectScheme } from './hosts.ts';
import type { OptionsGiven } from './options.ts';
import type { Stats } from './server/admin/stats.ts';
import { urlOf } from './server/banner.ts';
import type { ShutdownReport } from './server/shutdown.ts';
import { type RunningServer, startServer } from './server/supervisor.ts';

export { RedirectorError } from './errors.ts';
export type { OptionsGiven, ShutdownReport, Stats };

/** Where options may come from beside the program itself. Nothing is read unless it is named here. */
export interface ConfigurationSources {
  /** Path of a configuration file. What the program gives wins over it. */
  readonly file?: string;
  /** Variables REDIRECTOR_*, such as `process.env`. They win over the file. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Where a server listens. Ports are those that it has got, where 0 was asked for. */
export interface Addresses {
  /** Of redirects, to be asked from this machine. */
  readonly url: string;
  readonly port: number;
  readonly adminUrl: string;
  readonly adminPort: number;
  /** Undefined without `health.port`. */
  readonly healthPort: number | undefined;
}

/** One server. It is started once, and stopped once. */
export interface Redirector {
  /**
   * Starts it, and waits until it answers. Another call gives the same promise.
   * @throws RedirectorError when it cannot start; then nothing of it is left running
   */
  start(): Promise<Addresses>;
  /**
   * What it counts, as `GET /api/v1/stats` of the admin API answers; after the end, what it has counted.
   * @throws RedirectorError NOT_RUNNING before it is started
   */
  stats(): Stats;
  /**
   * Reads rules and certificate again, as SIGHUP does to `redirector serve`.
   * @throws RedirectorError NOT_RUNNING before it is started
   */
  reload(): void;
  /**
   * Drains it: answers what is under way, sends what is queued, for `shutdown.deadline` at most. A second call hurries.
   * @returns the account of every record
   * @throws RedirectorError NOT_RUNNING before it is started
   */
  stop(): Promise<ShutdownReport>;
  /** Resolves at its end: after `stop()`, or by itself where its threads died too often. */
  readonly ended: Promise<ShutdownReport>;
}

/**
 * Makes a server, which `start()` starts. It handles no signals and prints nothing on standard output, but records with
 * `sink: 'stdout'`; its log goes to standard error, by `log.level`.
 * @param options by the keys of the configuration file, such as `{ target: 'https://example.com/', 'queue.maxBytes': '64MiB' }`
 * @throws RedirectorError CONFIG_INVALID with every mistake in the options, or what is wrong with the file
 */
export function createRedirector(options: OptionsGiven, sources: ConfigurationSources = {}): Redirector {
  const { config } = loadConfig({ ...sources, given: options, requireTarget: true });
  const ended = Promise.withResolvers<ShutdownReport>();
  let starting: Promise<Addresses> | undefined;
  let server: RunningServer | undefined;

  async function start(): Promise<Addresses> {
    server = await startServer(config);
    server.ended.then(({ report }) => ended.resolve(report), ended.reject);
    return addresses(config, server);
  }
  function running(method: string): RunningServer {
    if (server === undefined) {
      throw userError('NOT_RUNNING', { method });
    }
    return server;
  }

  return {
    start: () => {
      starting ??= start();
      return starting;
    },
    stats: () => running('stats').stats(),
    reload: () => running('reload').reload(),
    async stop() {
      running('stop').stop('stop()');
      return ended.promise;
    },
    ended: ended.promise,
  };
}

function addresses(config: Config, { ports }: RunningServer): Addresses {
  return {
    url: urlOf(config.host, ports.redirects, redirectScheme(config)),
    port: ports.redirects,
    adminUrl: urlOf(config['admin.host'], ports.admin),
    adminPort: ports.admin,
    healthPort: ports.health,
  };
}
