import { createServer, type Server } from 'node:net';

/**
 * Ports below every system's ephemeral range (32768 and up on Linux, 49152 on macOS). A port inside that range can be lost while
 * its server is down: a client that redials it on loopback may be given the very same port as its own, and then connects to
 * itself.
 */
const FIRST = 20_000;
const COUNT = 12_000;

/** A process has the ports of a run to itself. */
const RUN = 100;

/** Of the run that is this process's, the ports that were not handed out yet. */
const left: number[] = [];

/**
 * Makes a run of ports this process's own, by listening on the first of them: test files run side by side, and a port that is
 * free when one looks may be another's when it is bound. Whoever dies gives its run back.
 */
async function takeRun(): Promise<void> {
  const runs = COUNT / RUN;
  const begin = Math.floor(Math.random() * runs);
  for (let step = 0; step < runs; step++) {
    const first = FIRST + ((begin + step) % runs) * RUN;
    const claim = await listenOn(first);
    if (claim === undefined) continue;
    claim.unref();
    for (let port = first + 1; port < first + RUN; port++) left.push(port);
    return;
  }
  throw new Error(`no free port between ${FIRST} and ${FIRST + COUNT}`);
}

let taking: Promise<void> | undefined;

/** A TCP port on 127.0.0.1 that nothing listens on, and that no other process is given. */
export async function freePort(): Promise<number> {
  while (left.length === 0) {
    taking ??= takeRun().finally(() => {
      taking = undefined;
    });
    await taking;
  }
  const port = left.shift()!;
  return (await isPortFree(port)) ? port : freePort();
}

/** A server on 127.0.0.1:port, undefined where there is one. Throws for what is no port, or one that needs privileges. */
async function listenOn(port: number): Promise<Server | undefined> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<Server | undefined>();
  server.once('error', (error: NodeJS.ErrnoException) =>
    error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
  );
  server.listen({ host: '127.0.0.1', port, exclusive: true }, () => resolve(server));
  return promise;
}

/** Whether something could listen on 127.0.0.1:port now. Throws as listenOn() does. */
export async function isPortFree(port: number): Promise<boolean> {
  const server = await listenOn(port);
  if (server === undefined) return false;
  await new Promise((resolve) => server.close(resolve));
  return true;
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
