/** The clusters that faults happen to: at most one of each size, started when first needed and mended before each fault. */
import { type MuteListener, startMuteListener } from '../support/kafka-proxy.ts';
import { type ProxiedKafka, startProxiedKafka } from '../support/proxied-kafka.ts';

export interface Bench extends ProxiedKafka {
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
        bench?.mute.stop();
        await bench?.stop();
      }
    },
  };
}

async function startBench(brokers: 1 | 3): Promise<Bench> {
  return { ...(await startProxiedKafka(brokers)), mute: await startMuteListener() };
}

/** A fault that failed half-way must not be the next one's. */
async function mend({ kafka, proxy }: Bench): Promise<void> {
  proxy.delayAnswers(0);
  for (const node of kafka.nodes) {
    await node.kill('SIGCONT');
    if (node.pid === undefined) await node.start();
  }
}
