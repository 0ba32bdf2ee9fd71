/** Finds a port that is in use before anything starts: with reusePort two processes both listen and one starves silently. */
import { createServer } from 'node:net';
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
