/** A TCP proxy before a broker that counts who comes: so a test knows that a client has tried again, and again. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';

export interface CountingProxy extends Disposable {
  /** `localhost:port` */
  readonly address: string;
  readonly connections: number;
  /** Times that a client has written something. */
  readonly writes: number;
}

/** Passes all bytes on to `address` (host:port), to the end of the block that it is `using` in. */
export async function countingProxy(address: string): Promise<CountingProxy> {
  const [host, port] = address.split(':');
  let connections = 0;
  let writes = 0;
  const server = createServer((client) => {
    connections++;
    const broker = connect(Number(port), host);
    client.on('data', () => writes++);
    client.pipe(broker).pipe(client);
    for (const [one, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `localhost:${(server.address() as AddressInfo).port}`,
    get connections() {
      return connections;
    },
    get writes() {
      return writes;
    },
    [Symbol.dispose]: () => server.close(),
  };
}
