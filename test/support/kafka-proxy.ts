/** A slow network in front of a broker: passes bytes on, and holds back the answers to one kind of request, or to all. */
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import type { NodeAddress, Properties } from './kafka-properties.ts';

/** Numbers of requests that tests name (kafka.apache.org/protocol#protocol_api_keys). */
export const apiKey = { PRODUCE: 0 } as const;

export interface KafkaProxy {
  /** Holds each answer back for so many milliseconds, from the moment at which it could be passed on; 0: no more. */
  delayAnswers(ms: number, onlyTo?: number): void;
  stop(): void;
}

/** Listens on 127.0.0.1:`port` and passes all on to 127.0.0.1:`to`. Does not keep this process alive. */
export async function startKafkaProxy(port: number, to: number): Promise<KafkaProxy> {
  let delayMs = 0;
  let only: number | undefined;
  const sockets = new Set<Socket>();

  const server = createServer((client) => {
    const broker = connect({ host: '127.0.0.1', port: to });
    const asked: number[] = [];
    let passed = Promise.resolve();
    client.on(
      'data',
      frames((request) => asked.push(request.readInt16BE(4))),
    );
    client.on('data', (chunk) => broker.write(chunk));
    // A broker answers in the order of the requests on a connection.
    const pass = async (answer: Buffer, api: number | undefined): Promise<void> => {
      if (delayMs > 0 && (only === undefined || api === only))
        await sleep(delayMs, undefined, { ref: false });
      client.write(answer);
    };
    broker.on(
      'data',
      frames((answer) => {
        const api = asked.shift();
        passed = passed.then(() => pass(answer, api));
      }),
    );
    for (const [socket, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      sockets.add(socket);
      socket.unref();
      socket.on('error', () => {}); // its close follows
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  const listening = Promise.withResolvers<void>();
  server.once('error', listening.reject).listen(port, '127.0.0.1', listening.resolve);
  await listening.promise;
  server.unref();
  return {
    delayAnswers(ms, onlyTo) {
      delayMs = ms;
      only = onlyTo;
    },
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** A second way to a broker: whoever comes by this address stays on the proxy, as its metadata names it too. */
export interface ProxiedBroker extends KafkaProxy {
  readonly address: string;
}

/** Plans such a way to a broker that is still to be started, as that has to know of it. */
export async function planProxy(): Promise<{
  /** For the broker: one more listener, which tells its clients that it is at the proxy. */
  properties(node: NodeAddress): Properties;
  start(): Promise<ProxiedBroker>;
}> {
  const [front, back] = [await freePort(), await freePort()];
  return {
    properties: ({ port, controllerPort }) => ({
      listeners: `PLAINTEXT://127.0.0.1:${port},PROXIED://127.0.0.1:${back},CONTROLLER://127.0.0.1:${controllerPort}`,
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},PROXIED://127.0.0.1:${front}`,
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT',
    }),
    start: async () => ({ ...(await startKafkaProxy(front, back)), address: `127.0.0.1:${front}` }),
  };
}

/** Cuts a stream into Kafka's frames, each with its four bytes of length. */
function frames(onFrame: (frame: Buffer) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0);
      onFrame(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  };
}

export interface MuteListener {
  readonly address: string;
  /** Connections that it has accepted so far. */
  readonly accepted: number;
  stop(): void;
}

/** Accepts connections on 127.0.0.1 and never says a word. Does not keep this process alive. */
export async function startMuteListener(): Promise<MuteListener> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer((socket) => {
    accepted++;
    sockets.add(socket.unref());
    socket.on('error', () => {});
    socket.resume();
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;
  server.unref();
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it has no port');
  return {
    address: `127.0.0.1:${address.port}`,
    get accepted() {
      return accepted;
    },
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
