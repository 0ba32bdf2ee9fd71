// The ordinary way to trace a redirect server that logs to Kafka, as a program:
// `node stock-otel-server.ts PORT BROKERS TOPIC`. The SDK is started where OTEL_EXPORTER_OTLP_ENDPOINT is set.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import process from 'node:process';
import { startKafkaJsLog } from './kafkajs-log.ts';
import { serve } from './serve.ts';

const sdk = process.env.OTEL_EXPORTER_OTLP_ENDPOINT === undefined ? undefined : await startSdk();

async function startSdk() {
  const { NodeSDK } = await import('@opentelemetry/sdk-node');
  const { getNodeAutoInstrumentations } = await import('@opentelemetry/auto-instrumentations-node');
  const started = new NodeSDK({ instrumentations: [getNodeAutoInstrumentations()] });
  started.start();
  return started;
}

// Only what is required after the start of the SDK is instrumented; an import would come before it.
const require = createRequire(import.meta.url);
const express: typeof import('express') = require('express');
const { log, close } = await startKafkaJsLog(require('kafkajs'));

const app = express();
app.get('/{*path}', (request, response) => {
  response.redirect(301, 'http://google.com/');
  log(request);
});

serve(createServer(app), async () => {
  await close();
  await sdk?.shutdown();
});
