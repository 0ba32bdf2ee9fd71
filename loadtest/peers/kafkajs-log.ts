/** The ordinary way to log to Kafka from Node: kafkajs, one send for each request. */
import type { IncomingMessage } from 'node:http';
import process from 'node:process';
import type * as KafkaJs from 'kafkajs';

export interface KafkaJsLog {
  /** Sends the record of a redirect, without waiting. */
  log(request: IncomingMessage): void;
  /** Sends what is under way, and prints how many records were lost. */
  close(): Promise<void>;
}

/**
 * Connects to the program's second argument and logs to the topic that is its third.
 * @param kafkajs as the program loaded it: the instrumentations of OpenTelemetry must come first.
 */
export async function startKafkaJsLog({ Kafka, logLevel }: typeof KafkaJs): Promise<KafkaJsLog> {
  const [brokers, topic] = process.argv.slice(3) as [string, string];
  const producer = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  const boot = Date.now().toString(36);
  let offered = 0;
  let lost = 0;
  const underWay = new Set<Promise<unknown>>();
  return {
    log(request) {
      const value = JSON.stringify({
        id: `${boot}-0-${++offered}`,
        time: new Date().toISOString(),
        method: request.method,
        path: request.url,
        host: request.headers.host,
        status: 301,
        location: 'http://google.com/',
        remote_address: `${request.socket.remoteAddress}:${request.socket.remotePort}`,
        user_agent: request.headers['user-agent'],
        referer: request.headers.referer,
      });
      const sending = producer
        .send({ topic, messages: [{ value }] })
        .catch(() => lost++)
        .finally(() => underWay.delete(sending));
      underWay.add(sending);
    },
    async close() {
      await Promise.all(underWay);
      await producer.disconnect();
      process.stdout.write(`${JSON.stringify({ event: 'shutdown', lost })}\n`);
    },
  };
}
