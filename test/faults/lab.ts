/** The clusters that faults happen to: at most one of each size, started when first needed and mended before each fault. */
import { freePort } from '../support/free-port.ts';
import { type KafkaCluster, startKafka } from '../support/kafka.ts';
import type { NodeAddress, Properties } from '../support/kafka-properties.ts';
import {
  type KafkaProxy,
  type MuteListener,
  startKafkaProxy,
  startMuteListener,
} from '../support/kafka-proxy.ts';

/** A second way to the broker: whoever comes by this address stays on the proxy, as its metadata names it too. */
export interface ProxiedBroker extends KafkaProxy {
  readonly address: string;
}

export interface Bench {
  readonly kafka: KafkaCluster;
  /** Of a cluster of one broker only. */
  readonly proxy: ProxiedBroker;
  /** Something that is no broker. */
  readonly mute: MuteListener;
}

export interface Lab {
  /** The cluster of that size, with every broker running. */
  bench(brokers: 1 | 3): Promise<Bench>;
  stop(): Promise<void>;
}

export function makeLab(): Lab {
  const benches = new Map<1 | 3, Promise<Bench>>();
  return {
    async bench(brokers) {
      const started = benches.get(brokers) ?? startBench(brokers);
      benches.set(brokers, started);
      const bench = await started;
      await mend(bench);
      return bench;
    },
    async stop() {
      for (const started of benches.values()) {
        const bench = await started.catch(() => undefined);
        bench?.proxy.stop();
        bench?.mute.stop();
        await bench?.kafka.stop();
      }
    },
  };
}

async function startBench(brokers: 1 | 3): Promise<Bench> {
  const [front, back] = [await freePort(), await freePort()];
  const kafka = await startKafka({
    brokers,
    properties: brokers === 1 ? (node) => proxied(node, front, back) : {},
  });
  const proxy = await startKafkaProxy(front, back);
  return { kafka, mute: await startMuteListener(), proxy: { ...proxy, address: `127.0.0.1:${front}` } };
}

/** One more listener, on `back`, which tells its clients that it is at `front`. */
function proxied({ port, controllerPort }: NodeAddress, front: number, back: number): Properties {
  return {
    listeners: `PLAINTEXT://127.0.0.1:${port},PROXIED://127.0.0.1:${back},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},PROXIED://127.0.0.1:${front}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT',
  };
}

/** A fault that failed half-way must not be the next one's. */
async function mend({ kafka, proxy }: Bench): Promise<void> {
  proxy.delayAnswers(0);
  for (const node of kafka.nodes) {
    await node.kill('SIGCONT');
    if (node.pid === undefined) await node.start();
  }
}
