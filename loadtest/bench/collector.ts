import { startJaeger } from '../../test/support/jaeger.ts';
import { moveToCore, type Pinning } from './pinning.ts';

/** Where the peers of one run of the bench send their spans. */
export interface BenchCollector {
  /** `http://127.0.0.1:port`, for OTLP over HTTP. */
  endpoint: string;
  /** Where it runs, for the reader of the figures. */
  note: string;
  /** The spans that it has taken so far. */
  acceptedSpans(): Promise<number>;
  stop(): Promise<void>;
}

/** A real Jaeger, moved to the load's core: what it does with a span must not take CPU from the peer. Rejects without one. */
export async function provideCollector(
  pinning: Pinning,
  signal: AbortSignal,
  progress: (line: string) => void,
): Promise<BenchCollector> {
  progress('starting Jaeger ...');
  const jaeger = await startJaeger();
  try {
    signal.throwIfAborted();
    if (pinning.load !== undefined) moveToCore(jaeger.pid, pinning.load);
  } catch (error) {
    await jaeger.stop();
    throw error;
  }
  return {
    endpoint: jaeger.otlpHttp,
    note: `Jaeger ${pinning.load === undefined ? 'on the same cores' : `beside the load on core ${pinning.load}`}`,
    acceptedSpans: () => jaeger.acceptedSpans(),
    stop: () => jaeger.stop(),
  };
}
