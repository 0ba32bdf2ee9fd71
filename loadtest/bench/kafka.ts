import { startKafka } from '../../test/support/kafka.ts';
import { moveToCore, type Pinning } from './pinning.ts';

/** Kafka for one run of the bench. */
export interface BenchKafka {
  brokers: readonly string[];
  /** Where it runs, for the reader of the figures. */
  note: string;
  /** Stops it if it was started for the run. */
  stop(): Promise<void>;
}

/**
 * The brokers that were given, or a Kafka started for this run and moved to the load's core: what Kafka does for a
 * peer must not take CPU from it. Rejects when none can be started.
 */
export async function provideKafka(
  given: readonly string[] | undefined,
  pinning: Pinning,
  signal: AbortSignal,
  progress: (line: string) => void,
): Promise<BenchKafka> {
  if (given !== undefined) {
    return {
      brokers: given,
      note: 'Kafka as given with --brokers: where it runs was not changed',
      stop: async () => {},
    };
  }
  progress('starting Kafka ...');
  const kafka = await startKafka({ brokers: 1 });
  try {
    signal.throwIfAborted();
    if (pinning.load === undefined) {
      return { brokers: kafka.brokers, note: 'Kafka on the same cores', stop: () => kafka.stop() };
    }
    for (const { pid } of kafka.nodes) if (pid !== undefined) moveToCore(pid, pinning.load);
    return {
      brokers: kafka.brokers,
      note: `Kafka beside the load on core ${pinning.load}`,
      stop: () => kafka.stop(),
    };
  } catch (error) {
    await kafka.stop();
    throw error;
  }
}
