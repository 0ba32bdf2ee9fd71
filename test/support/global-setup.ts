/**
 * For `node --test --test-global-setup=test/support/global-setup.ts`: owns what all test files of a run share.
 *
 * It runs in the runner's process. Downloads and builds happen here, before the first test, where no test's time-out runs and no
 * measured test suffers; brokers are started when a test file first asks, over loopback HTTP (see shared-run.ts).
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Jaeger, startJaeger } from './jaeger.ts';
import { type KafkaCluster, startKafka } from './kafka.ts';
import { missingReason, REAL_PARTS } from './real-parts.ts';
import { RUN_VARIABLE } from './shared-run.ts';

let server: Server | undefined;
let kafka: Promise<KafkaCluster> | undefined;
let jaeger: Promise<Jaeger> | undefined;

/** Throws, with CI=true, when a real part cannot be had. */
export async function globalSetup(): Promise<void> {
  for (const part of REAL_PARTS) {
    const missing = await missingReason(part);
    if (missing !== false && process.env.CI === 'true')
      throw new Error(`CI needs the real ${part}: ${missing}`);
  }
  server = createServer(async (request, response) => {
    let answer: { value: unknown } | { error: string };
    try {
      answer = { value: await answerTo(request.url ?? '') };
    } catch (error) {
      answer = { error: error instanceof Error ? error.message : String(error) };
    }
    response.end(JSON.stringify(answer));
  });
  const listening = Promise.withResolvers<void>();
  server.once('error', listening.reject).listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;
  server.unref();
  process.env[RUN_VARIABLE] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export async function globalTeardown(): Promise<void> {
  delete process.env[RUN_VARIABLE];
  server?.close();
  server?.closeAllConnections();
  const started = await Promise.allSettled([kafka, jaeger]);
  for (const part of started) if (part.status === 'fulfilled') await part.value?.stop();
}

async function answerTo(path: string): Promise<unknown> {
  if (path === '/kafka') {
    kafka ??= startKafka();
    return { brokers: (await kafka).brokers };
  }
  if (path === '/jaeger') {
    jaeger ??= startJaeger();
    const { otlpHttp, otlpGrpc, query, metrics } = await jaeger;
    return { otlpHttp, otlpGrpc, query, metrics };
  }
  const part = REAL_PARTS.find((name) => path === `/missing/${name}`);
  if (part === undefined) throw new Error(`the test run has nothing at ${path}`);
  return missingReason(part);
}
