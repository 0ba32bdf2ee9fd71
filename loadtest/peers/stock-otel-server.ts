// The ordinary way to trace a redirect server that logs to Kafka, as a program:
// `node stock-otel-server.ts PORT BROKERS TOPIC`. The SDK is started where OTEL_EXPORTER_OTLP_ENDPOINT is set.
import { createRequire } from 'node:module';
import process from 'node:process';

const [port, brokers, topic] = process.argv.slice(2) as [string, string, string];

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
const { Kafka, logLevel }: typeof import('kafkajs') = require('kafkajs');

const producer = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).producer();
await producer.connect();

let lost = 0;
const underWay = new Set<Promise<unknown>>();

const app = express();
app.get('/{*path}', (request, response) => {
  response.redirect(301, 'http://google.com/');
  const value = JSON.stringify({
    time: new Date().toISOString(),
    method: request.method,
    path: request.originalUrl,
    host: request.headers.host,
    status: 301,
    location: 'http://google.com/',
    remote_address: `${request.socket.remoteAddress}:${request.socket.remotePort}`,
    user_agent: request.headers['user-agent'],
  });
  const sending = producer
    .send({ topic, messages: [{ value }] })
    .catch(() => lost++)
    .finally(() => underWay.delete(sending));
  underWay.add(sending);
});

const server = app.listen(Number(port), '127.0.0.1', (error) => {
  if (error === undefined) return void process.stdout.write('listening\n');
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});

process.once('SIGTERM', async () => {
  server.close();
  server.closeAllConnections();
  await Promise.all(underWay);
  await producer.disconnect();
  await sdk?.shutdown();
  process.stdout.write(`${JSON.stringify({ event: 'shutdown', lost })}\n`);
  process.exit(0);
});
