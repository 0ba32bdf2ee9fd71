import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Peer } from './peer.ts';
import { startPeerProcess } from './process.ts';
import { tracingEnvironment } from './tracing-environment.ts';

/** Express and kafkajs as most would use them, traced by OpenTelemetry's auto-instrumentations as they come. */
export function stockOtel(name: string, sampleRatio?: number): Peer {
  return {
    name,
    recordsExpected: true,
    sampleRatio,
    build: async () => {},
    start: ({ port, brokers, topic, collector, core }) =>
      startPeerProcess({
        command: process.execPath,
        args: [
          fileURLToPath(new URL('stock-otel-server.ts', import.meta.url)),
          `${port}`,
          brokers.join(','),
          topic,
        ],
        port,
        core,
        env: tracingEnvironment(sampleRatio, collector),
        recordsExpected: true,
      }),
  };
}
