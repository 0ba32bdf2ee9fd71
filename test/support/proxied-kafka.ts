/** A real Kafka with a slow network to be had in front of it. */
import { type KafkaCluster, startKafka } from './kafka.ts';
import { type ProxiedBroker, planProxy } from './kafka-proxy.ts';

export interface ProxiedKafka {
  readonly kafka: KafkaCluster;
  /** Of a cluster of one broker only. */
  readonly proxy: ProxiedBroker;
  stop(): Promise<void>;
}

export async function startProxiedKafka(brokers: 1 | 3, lasting = false): Promise<ProxiedKafka> {
  const way = await planProxy();
  const kafka = await startKafka({ brokers, lasting, properties: brokers === 1 ? way.properties : {} });
  const proxy = await way.start();
  return {
    kafka,
    proxy,
    async stop() {
      proxy.stop();
      await kafka.stop();
    },
  };
}
