import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JaegerSpan } from '../support/jaeger-trace.ts';
import { serve } from '../support/kafka-server.ts';
import { realPart } from '../support/real-parts.ts';
import { sharedJaeger, sharedKafka } from '../support/shared.ts';
import { createTopic } from '../support/topics.ts';
import { clickTraced, startConsumerExample } from '../support/traced-click.ts';
import { PROMPT_EXPORT, spanOfKind } from '../support/traces.ts';
import { waitFor } from '../support/wait-for.ts';

describe('examples/consumer', { skip: await realPart('kafka', 'jaeger') }, () => {
  it("continues a click's trace: from its caller to its consumer it is one", async () => {
    const { brokers } = await sharedKafka();
    const jaeger = await sharedJaeger();
    const topic = await createTopic(brokers, { partitions: 1 });
    await using server = await serve(
      { brokers: brokers.join(','), topic },
      { OTEL_EXPORTER_OTLP_ENDPOINT: jaeger.otlpHttp, ...PROMPT_EXPORT },
    );
    const consumer = startConsumerExample(brokers, topic, jaeger);
    const { traceId, spanId } = await clickTraced(jaeger, `${server.url}/spring?from=mail`);

    const whole = (spans: readonly JaegerSpan[]) => spans.length === 5;
    const spans = await jaeger.waitForTrace(traceId, whole, { timeoutMs: 60_000 });
    const answer = spanOfKind(spans, 'SERVER');
    const send = spanOfKind(spans, 'PRODUCER');
    const process = spanOfKind(spans, 'CONSUMER');
    const named = (name: string) => spans.find((span) => span.name === name)!;
    const produce = named(`produce ${topic}`);
    assert.deepEqual(
      [named('GET'), answer, send, produce, process].map((span) => span.parentSpanId),
      [undefined, spanId, answer.spanId, send.spanId, send.spanId],
    );
    assert.deepEqual(
      produce.links.map((link) => link.spanId),
      [send.spanId],
    );
    assert.equal(process.name, `process ${topic}`);
    // Jaeger adds a note to a span that begins after its parent's end, as this one does.
    const { '@jaeger@warnings': _, ...attributes } = process.attributes;
    assert.deepEqual(attributes, {
      'messaging.system': 'kafka',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': topic,
      'messaging.destination.partition.id': '0',
      'messaging.kafka.offset': 0,
      'messaging.consumer.group.name': `${topic}.example`,
    });
    assert.equal(process.resource['service.name'], 'click-consumer');
    assert.match(
      consumer.output(),
      new RegExp(`GET /spring\\?from=mail 301 -> https://example.com/ \\(trace ${traceId}\\)$`, 'm'),
    );
    assert.equal(await consumer.stop(), 0);
  });

  it('prints clicks that are not traced, and makes no span of them', async () => {
    const { brokers } = await sharedKafka();
    const jaeger = await sharedJaeger();
    const topic = await createTopic(brokers, { partitions: 1 });
    await using server = await serve({ brokers: brokers.join(','), topic });
    const consumer = startConsumerExample(brokers, topic, jaeger);
    await fetch(`${server.url}/untraced`, { redirect: 'manual' });
    const line = await waitFor('the line', () => /^.* GET \/untraced .*$/m.exec(consumer.output())?.[0], {
      timeoutMs: 60_000,
    });
    assert.match(line!, /-> https:\/\/example\.com\/$/);
    assert.equal(await consumer.stop(), 0);
  });
});
