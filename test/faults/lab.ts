/** The clusters that faults happen to: at most one of each size, started when first needed and mended before each fault. */
import { type KafkaCluster, startKafka } from '../support/kafka.ts';
import {
  type MuteListener,
  type ProxiedBroker,
  planProxy,
  startMuteListener,
} from '../support/kafka-proxy.ts';

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
  const way = await planProxy();
  const kafka = await startKafka({ brokers, properties: brokers === 1 ? way.properties : {} });
  return { kafka, mute: await startMuteListener(), proxy: await way.start() };
}

/** A fault that failed half-way must not be the next one's. */
async function mend({ kafka, proxy }: Bench): Promise<void> {
  proxy.delayAnswers(0);
  for (const node of kafka.nodes) {
    await node.kill('SIGCONT');
    if (node.pid === undefined) await node.start();
  }
}
