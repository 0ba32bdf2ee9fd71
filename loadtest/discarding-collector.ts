/** An OTLP collector on this machine that takes what it is sent and keeps nothing: what exporting costs a server under load. */
import { createServer } from 'node:http';

export interface Collector {
  readonly url: string;
  stop(): void;
}

/** Listens on a free port of 127.0.0.1. */
export async function startCollector(): Promise<Collector> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(200, { 'content-length': 0 }).end());
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen(0, '127.0.0.1', resolve);
  await promise;
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
