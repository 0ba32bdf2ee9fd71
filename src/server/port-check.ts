/** Where a server listens, and whether it can. A port in use is found before anything starts: with reusePort two processes both listen and one starves silently. */
import { createServer } from 'node:net';
import type { Config } from '../config.ts';
import { userError } from '../errors.ts';
import { hostAndPort } from '../hosts.ts';
import { flagOf, type OptionKey } from '../options.ts';

export interface Address {
  /** Who wants to listen, as the subject of a sentence. */
  readonly what: string;
  readonly host: string;
  readonly port: number;
  /** The option to change. */
  readonly option: OptionKey;
}

/** Where a server with this configuration listens. */
export function addressesOf(config: Config): {
  readonly redirects: Address;
  readonly admin: Address;
  readonly health: Address | undefined;
} {
  const healthPort = config['health.port'];
  return {
    redirects: { what: 'The redirect server', host: config.host, port: config.port, option: 'port' },
    admin: {
      what: 'The admin API',
      host: config['admin.host'],
      port: config['admin.port'],
      option: 'admin.port',
    },
    health:
      healthPort === undefined
        ? undefined
        : {
            what: 'The health port',
            host: config['health.host'] ?? config['admin.host'],
            port: healthPort,
            option: 'health.port',
          },
  };
}

/** The error of a server that could not listen. */
export function listenError({ what, host, port, option }: Address, error: NodeJS.ErrnoException): Error {
  const details = {
    what,
    address: hostAndPort(host, port),
    flag: `--${flagOf(option)}`,
  };
  if (error.code === 'EADDRINUSE') return userError('PORT_IN_USE', details, { cause: error });
  return userError(
    'ADDRESS_UNAVAILABLE',
    { ...details, reason: error.code ?? error.message },
    { cause: error },
  );
}

/**
 * Binds the address once, without reusePort, and lets it go again.
 * @throws RedirectorError PORT_IN_USE, ADDRESS_UNAVAILABLE
 */
export function checkPort(address: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => reject(listenError(address, error)));
    server.listen({ host: address.host, port: address.port, exclusive: true }, () =>
      server.close(() => resolve()),
    );
  });
}
