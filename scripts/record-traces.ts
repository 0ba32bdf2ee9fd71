/**
 * `npm run docs:trace`: makes two traced clicks with a real Kafka, a real Jaeger and examples/consumer, and draws what
 * Jaeger then has of them into docs/images. Run it when spans have changed.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startJaeger } from '../test/support/jaeger.ts';
import type { JaegerSpan } from '../test/support/jaeger-trace.ts';
import { startKafka } from '../test/support/kafka.ts';
import { serve } from '../test/support/kafka-server.ts';
import { createTopic } from '../test/support/topics.ts';
import { clickTraced, startConsumerExample } from '../test/support/traced-click.ts';
import { PROMPT_EXPORT } from '../test/support/traces.ts';
import { waitFor } from '../test/support/wait-for.ts';
import { tracePicture } from './docs/trace-picture.ts';

const images = fileURLToPath(new URL('../docs/images', import.meta.url));
const save = (name: string, spans: readonly JaegerSpan[], caption: string) =>
  writeFileSync(`${images}/${name}`, tracePicture(spans, caption));

/** Whether the spans of these names have all come: Jaeger gets them in any order. */
const has =
  (...names: string[]) =>
  (spans: readonly JaegerSpan[]) =>
    names.every((name) => spans.some((span) => span.name === name));

mkdirSync(images, { recursive: true });
const kafka = await startKafka({ brokers: 1 });
const jaeger = await startJaeger();
const env = { OTEL_EXPORTER_OTLP_ENDPOINT: jaeger.otlpHttp, ...PROMPT_EXPORT };
const brokers = kafka.brokers.join(',');
try {
  {
    const topic = await createTopic(kafka.brokers, { name: 'log', partitions: 1 });
    await using server = await serve({ brokers, topic }, env);
    const consumer = startConsumerExample(kafka.brokers, topic, jaeger);
    // The first clicks open connections and compile code; the one that is shown is of a server that has served some.
    for (let n = 0; n < 200; n++) await fetch(server.url, { redirect: 'manual' });
    await waitFor('the consumer', () => consumer.output().split('\n').length >= 200, { timeoutMs: 60_000 });
    const { traceId } = await clickTraced(jaeger, `${server.url}/spring`);
    const spans = await jaeger.waitForTrace(
      traceId,
      has('GET', 'GET /*', 'send log', 'produce log', 'process log'),
    );
    await consumer.stop();
    save('trace.svg', spans, 'The trace of a click, from its caller to the consumer of its record.');
  }
  {
    const flags = { brokers, topic: 'missing', 'delivery.timeout': '1500ms', 'request.timeout': '1s' };
    await using server = await serve(flags, env);
    const { traceId } = await clickTraced(jaeger, `${server.url}/spring`);
    const spans = await jaeger.waitForTrace(traceId, has('GET', 'GET /*', 'send missing'));
    save('trace-dropped.svg', spans, 'The trace of a click whose record could not be delivered in time.');
  }
} finally {
  await Promise.all([kafka.stop(), jaeger.stop()]);
}
