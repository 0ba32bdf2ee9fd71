/** A real Kafka with a slow network to be had in front of it. */
import { freePort } from './free-port.ts';
import { type KafkaCluster, startKafka } from './kafka.ts';
import type { NodeAddress, Properties } from './kafka-properties.ts';
import { type KafkaProxy, startKafkaProxy } from './kafka-proxy.ts';

/** A second way to the broker: whoever comes by this address stays on the proxy, as its metadata names it too. */
export interface ProxiedBroker extends KafkaProxy {
  readonly address: string;
}

export interface ProxiedKafka {
  readonly kafka: KafkaCluster;
  /** Of a cluster of one broker only. */
  readonly proxy: ProxiedBroker;
  stop(): Promise<void>;
}

export async function startProxiedKafka(brokers: 1 | 3): Promise<ProxiedKafka> {
  const [front, back] = [await freePort(), await freePort()];
  const kafka = await startKafka({
    brokers,
    properties: brokers === 1 ? (node) => proxied(node, front, back) : {},
  });
  const proxy = await startKafkaProxy(front, back);
  return {
    kafka,
    proxy: { ...proxy, address: `127.0.0.1:${front}` },
    async stop() {
      proxy.stop();
      await kafka.stop();
    },
  };
}

/** One more listener, on `back`, which tells its clients that it is at `front`. */
function proxied({ port, controllerPort }: NodeAddress, front: number, back: number): Properties {
  return {
    listeners: `PLAINTEXT://127.0.0.1:${port},PROXIED://127.0.0.1:${back},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},PROXIED://127.0.0.1:${front}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT',
  };
}
