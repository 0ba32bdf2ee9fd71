import { createServer } from 'node:net';

/**
 * Ports below every system's ephemeral range (32768 and up on Linux, 49152 on macOS). A port inside that range can be lost while
 * its server is down: a client that redials it on loopback may be given the very same port as its own, and then connects to
 * itself.
 */
const FIRST = 20_000;
const COUNT = 12_000;

/** Never hand out a port twice in one process: the first taker may not have bound it yet. */
const handedOut = new Set<number>();

/** A TCP port on 127.0.0.1 that nothing listens on. Another process can still take it first: retry what failed to bind. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (handedOut.has(port)) continue;
    handedOut.add(port);
    if (await isPortFree(port)) return port;
    if (handedOut.size === COUNT) throw new Error(`no free port between ${FIRST} and ${FIRST + COUNT}`);
  }
}

/** Whether something could listen on 127.0.0.1:port now. Throws for what is no port, or one that needs privileges. */
export async function isPortFree(port: number): Promise<boolean> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  server.once('error', (error: NodeJS.ErrnoException) =>
    error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
  );
  server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  return promise;
}

/** The message is a sentence for the user. */
export class PortInUseError extends Error {
  constructor(port: number) {
    super(`port ${port} on 127.0.0.1 is in use: stop what listens there, or choose another port`);
  }
}

/** The asked port, or a free one when none was asked. Throws PortInUseError. */
export async function choosePort(asked: number | undefined): Promise<number> {
  if (asked === undefined) return freePort();
  if (!(await isPortFree(asked))) throw new PortInUseError(asked);
  return asked;
}
