import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { click } from '../support/clicks.ts';
import type { JaegerQueries } from '../support/jaeger.ts';
import type { JaegerSpan } from '../support/jaeger-trace.ts';
import { type Flags, serve } from '../support/kafka-server.ts';
import { type KcatRecord, kcatConsume } from '../support/kcat.ts';
import { realPart } from '../support/real-parts.ts';
import { sharedJaeger, sharedKafka } from '../support/shared.ts';
import { createTopic } from '../support/topics.ts';
import { newCaller, PROMPT_EXPORT, spanOfKind } from '../support/traces.ts';

const header = (record: KcatRecord, name: string): string | undefined =>
  record.headers.find((one) => one.name === name)?.value?.toString();

/** All but the batch's: that is in the trace of the first traced record in it. */
const hasAnswerAndSend = (spans: readonly JaegerSpan[]): boolean =>
  ['SERVER', 'PRODUCER'].every((kind) => spans.some((span) => span.kind === kind));

describe('a traced redirect', { skip: await realPart('kafka', 'kcat', 'jaeger') }, () => {
  let brokers: string[];
  let jaeger: JaegerQueries;

  before(async () => {
    ({ brokers } = await sharedKafka());
    jaeger = await sharedJaeger();
  });

  const serveTo = (topic: string, flags: Flags = {}, env: Record<string, string> = {}) =>
    serve(
      { brokers: brokers.join(','), topic, ...flags },
      { OTEL_EXPORTER_OTLP_ENDPOINT: jaeger.otlpHttp, ...PROMPT_EXPORT, ...env },
    );

  it("is one trace, the caller's: the answer, and the way of its record to its place in the topic", async () => {
    const topic = await createTopic(brokers, { partitions: 3 });
    await using server = await serveTo(topic);
    const callers = Array.from({ length: 20 }, () => newCaller(true));
    await click(server.url, 300); // so that offsets are not all 0
    await Promise.all(
      callers.map(({ traceparent }) => click(server.url, 1, { headers: { traceparent }, connections: 1 })),
    );
    await server.quiet(320);
    const records = await kcatConsume(brokers, topic);
    for (const caller of callers) {
      const spans = await jaeger.waitForTrace(caller.traceId, hasAnswerAndSend);
      const answer = spanOfKind(spans, 'SERVER');
      const send = spanOfKind(spans, 'PRODUCER');
      assert.equal(answer.name, 'GET /*');
      assert.equal(answer.parentSpanId, caller.spanId);
      assert.equal(answer.attributes['http.response.status_code'], 301);
      assert.equal(answer.attributes['http.route'], '/*');
      assert.equal(answer.attributes['server.address'], '127.0.0.1');
      assert.equal(answer.resource['service.name'], 'redirector');
      assert.equal(send.name, `send ${topic}`);
      assert.equal(send.parentSpanId, answer.spanId);
      assert.equal(send.status.code, 'UNSET');
      assert.equal(send.attributes['messaging.destination.name'], topic);

      const record = records.find((one) => header(one, 'traceparent')?.includes(caller.traceId));
      assert.ok(record !== undefined);
      assert.equal(header(record, 'traceparent'), `00-${caller.traceId}-${send.spanId}-01`);
      assert.equal(send.attributes['messaging.destination.partition.id'], String(record.partition));
      assert.equal(send.attributes['messaging.kafka.offset'], record.offset);
      const value = JSON.parse(record.value!.toString());
      assert.deepEqual([value.trace_id, value.span_id], [caller.traceId, answer.spanId]);

      assert.ok(answer.startTime <= answer.endTime);
      assert.ok(send.startTime >= answer.startTime, 'it is pushed after the request came');
      assert.ok(send.endTime > send.startTime, 'the ack comes after the push');
    }
  });

  it('has the batch that its record went in, under its record and linked to all that are traced', async () => {
    const topic = await createTopic(brokers);
    await using server = await serveTo(topic, { linger: '500ms', 'telemetry.sampleRatio': 0 });
    const callers = Array.from({ length: 5 }, () => newCaller(true));
    await click(server.url, 5);
    for (const { traceparent } of callers) {
      await click(server.url, 1, { headers: { traceparent }, connections: 1 });
    }
    await server.quiet(10);
    const traces = await Promise.all(
      callers.map(({ traceId }) => jaeger.waitForTrace(traceId, hasAnswerAndSend)),
    );
    const sends = traces.map((spans) => spanOfKind(spans, 'PRODUCER'));
    const batches = new Map<string, JaegerSpan>();
    for (const send of sends) {
      const [link] = send.links;
      assert.ok(link !== undefined, 'each is linked to the span of its batch');
      const spans = await jaeger.waitForTrace(link.traceId, (found) =>
        found.some(({ spanId }) => spanId === link.spanId),
      );
      batches.set(link.spanId, spanOfKind(spans, 'CLIENT'));
    }
    const linked = [...batches.values()].flatMap(({ links }) => links.map(({ spanId }) => spanId));
    assert.deepEqual(linked.sort(), sends.map(({ spanId }) => spanId).sort());
    for (const batch of batches.values()) {
      assert.equal(batch.name, `produce ${topic}`);
      assert.equal(batch.parentSpanId, batch.links[0]!.spanId);
      assert.equal(batch.status.code, 'UNSET');
      const messages = batch.attributes['messaging.batch.message_count'] as number;
      assert.ok(messages >= batch.links.length && messages <= 10, String(messages));
    }
  });

  it("is not made for a caller who does not sample, and the record's header says so", async () => {
    const topic = await createTopic(brokers);
    await using server = await serveTo(topic, { 'telemetry.sampleRatio': 1 });
    const unsampled = newCaller(false);
    const sampled = newCaller(true);
    for (const { traceparent } of [unsampled, sampled])
      await click(server.url, 1, { headers: { traceparent } });
    await server.quiet(2);
    const [first] = await kcatConsume(brokers, topic);
    assert.equal(header(first!, 'traceparent'), unsampled.traceparent);
    await jaeger.waitForTrace(sampled.traceId); // what came later is there
    assert.equal(await jaeger.fetchTrace(unsampled.traceId), undefined);
  });

  it('without a caller is the root of a trace whose id is in the record', async () => {
    const topic = await createTopic(brokers);
    await using server = await serveTo(topic, { 'telemetry.sampleRatio': 1 });
    await click(server.url, 1);
    await server.quiet(1);
    const [record] = await kcatConsume(brokers, topic);
    const { trace_id: traceId, span_id: spanId } = JSON.parse(record!.value!.toString());
    const spans = await jaeger.waitForTrace(traceId, hasAnswerAndSend);
    const answer = spanOfKind(spans, 'SERVER');
    assert.equal(answer.parentSpanId, undefined);
    assert.equal(answer.spanId, spanId);
    const send = spanOfKind(spans, 'PRODUCER');
    assert.equal(header(record!, 'traceparent'), `00-${traceId}-${send.spanId}-01`);
  });

  it('is never made with a ratio of 0, and records then tell of no trace', async () => {
    const topic = await createTopic(brokers);
    await using server = await serveTo(topic, { 'telemetry.sampleRatio': 0 });
    await click(server.url, 50);
    await server.quiet(50);
    for (const record of await kcatConsume(brokers, topic)) {
      assert.deepEqual(record.headers, []);
      assert.equal(JSON.parse(record.value!.toString()).trace_id, undefined);
    }
  });

  it('is made for every request with OTEL_TRACES_SAMPLER always_on, whatever the ratio or the caller', async () => {
    const topic = await createTopic(brokers);
    const env = { OTEL_TRACES_SAMPLER: 'always_on' };
    await using server = await serveTo(topic, { 'telemetry.sampleRatio': 0 }, env);
    const caller = newCaller(false);
    await click(server.url, 1, { headers: { traceparent: caller.traceparent } });
    await click(server.url, 1);
    await server.quiet(2);
    const records = await kcatConsume(brokers, topic);
    const traceIds = records.map(({ value }) => JSON.parse(value!.toString()).trace_id);
    assert.equal(traceIds[0], caller.traceId);
    for (const traceId of traceIds) await jaeger.waitForTrace(traceId, hasAnswerAndSend);
    assert.match(header(records[0]!, 'traceparent')!, /-01$/);
  });

  it("carries the caller's tracestate into its spans and its record", async () => {
    const topic = await createTopic(brokers);
    await using server = await serveTo(topic);
    const { traceId, traceparent } = newCaller(true);
    await click(server.url, 1, { headers: { traceparent, tracestate: 'vendor=a1,other=b2' } });
    await server.quiet(1);
    const [record] = await kcatConsume(brokers, topic);
    assert.equal(header(record!, 'tracestate'), 'vendor=a1,other=b2');
    await jaeger.waitForTrace(traceId, ({ length }) => length === 3);
    const raw = await (await fetch(`${jaeger.query}/api/v3/traces/${traceId}`)).text();
    const states = [...raw.matchAll(/"traceState":"(.*?)"/g)].map(([, state]) => state);
    assert.deepEqual(new Set(states), new Set(['vendor=a1,other=b2']));
    assert.ok(states.length >= 3);
  });

  it('whose record is refused by the broker ends in a PRODUCER span with status ERROR and the reason', async () => {
    const topic = await createTopic(brokers, { config: { 'max.message.bytes': '100' } });
    await using server = await serveTo(topic);
    const { traceId, traceparent } = newCaller(true);
    await click(server.url, 1, { headers: { traceparent } });
    const stats = await server.quiet(1);
    assert.deepEqual(stats.ledger.dropped, { rejected: 1 });
    assert.equal(stats.ledger.unconfirmed, 0);
    await server.waitForStats('the reason', ({ sink }) => /MESSAGE_TOO_LARGE/.test(sink.lastError ?? ''));
    const send = spanOfKind(await jaeger.waitForTrace(traceId, hasAnswerAndSend), 'PRODUCER');
    assert.deepEqual(send.status, { code: 'ERROR', message: 'rejected' });
    assert.equal(send.attributes['error.type'], 'rejected');
    assert.equal(send.name, `send ${topic}`);
  });

  it('whose record waited for too long ends in a PRODUCER span with status ERROR and the reason', async () => {
    const topic = `missing.${process.pid}.${Date.now()}`;
    await using server = await serveTo(topic, { 'delivery.timeout': '1500ms', 'request.timeout': '1s' });
    const { traceId, traceparent } = newCaller(true);
    await click(server.url, 1, { headers: { traceparent } });
    assert.deepEqual((await server.quiet(1)).ledger.dropped, { delivery_timeout: 1 });
    const send = spanOfKind(await jaeger.waitForTrace(traceId, hasAnswerAndSend), 'PRODUCER');
    assert.deepEqual(send.status, { code: 'ERROR', message: 'delivery_timeout' });
    assert.ok(send.endTime - send.startTime >= 1_000_000_000n, 'it lasted until the drop');
  });

  it('that is still under way at the end is exported before the server ends', async () => {
    const topic = `missing.${process.pid}.${Date.now()}`;
    await using server = await serveTo(
      topic,
      { 'shutdown.deadline': '500ms' },
      { OTEL_BSP_SCHEDULE_DELAY: '60000' },
    );
    const { traceId, traceparent } = newCaller(true);
    await click(server.url, 1, { headers: { traceparent } });
    assert.equal((await server.stop()).code, 0);
    const send = spanOfKind(await jaeger.waitForTrace(traceId, hasAnswerAndSend), 'PRODUCER');
    assert.deepEqual(send.status, { code: 'ERROR', message: 'shutdown_deadline' });
  });
});
