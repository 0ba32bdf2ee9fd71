/** The shipper thread: the only one that talks to Kafka (or standard output) for records. What it does is in shipping.ts. */
import type { ThreadData } from './messages.ts';
import { ship } from './shipping.ts';
import { kafkaClientOptions } from './sink/kafka-options.ts';
import { KafkaTransport } from './sink/kafka-transport.ts';
import { sinkThread, starting, threadData } from './thread.ts';

const data = threadData<ThreadData>();
const { config } = data;

void starting(() => {
  const thread = sinkThread(data, 'shipper');
  const connect = (): KafkaTransport =>
    new KafkaTransport(kafkaClientOptions(config), () => thread.stats.reconnect());
  return ship(thread, config, connect);
});
