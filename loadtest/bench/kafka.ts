import { startKafka } from '../../test/support/kafka.ts';
import { apiKey, planProxy } from '../../test/support/kafka-proxy.ts';
import { moveToCore, type Pinning } from './pinning.ts';

/** Kafka for one run of the bench. */
export interface BenchKafka {
  brokers: readonly string[];
  /** The same ones by a way on which every acknowledgement is late; where that was asked for and can be had. */
  slowBrokers?: readonly string[];
  /** Where it runs, for the reader of the figures. */
  note: string;
  /** Stops it if it was started for the run. */
  stop(): Promise<void>;
}

const SLOW_ACK_MS = 200;

/**
 * The brokers that were given, or a Kafka of so many started for this run and moved to the load's core: what Kafka does for a
 * peer must not take CPU from it. Rejects when none can be started.
 */
export async function provideKafka(
  brokers: 1 | 3,
  given: readonly string[] | undefined,
  alsoSlow: boolean,
  pinning: Pinning,
  signal: AbortSignal,
  progress: (line: string) => void,
): Promise<BenchKafka> {
  if (given !== undefined) {
    if (brokers > 1) throw new Error('a Kafka given with --brokers may be of another size');
    return {
      brokers: given,
      note: 'Kafka as given with --brokers: where it runs was not changed',
      stop: async () => {},
    };
  }
  const what = brokers === 1 ? 'Kafka' : `Kafka of ${brokers} brokers`;
  progress(`starting ${what} ...`);
  const way = alsoSlow ? await planProxy() : undefined;
  const kafka = await startKafka({ brokers, lasting: true, ...(way && { properties: way.properties }) });
  const proxy = await way?.start();
  const stop = async () => {
    proxy?.stop();
    await kafka.stop();
  };
  try {
    signal.throwIfAborted();
    proxy?.delayAnswers(SLOW_ACK_MS, apiKey.PRODUCE);
    if (pinning.load !== undefined) {
      for (const { pid } of kafka.nodes) if (pid !== undefined) moveToCore(pid, pinning.load);
    }
    return {
      brokers: kafka.brokers,
      ...(proxy && { slowBrokers: [proxy.address] }),
      note: `${what} ${pinning.load === undefined ? 'on the same cores' : `beside the load on core ${pinning.load}`}`,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
