import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { click } from '../support/clicks.ts';
import { freePort } from '../support/free-port.ts';
import type { JaegerQueries } from '../support/jaeger.ts';
import type { JaegerSpan } from '../support/jaeger-trace.ts';
import { type Flags, type ServingServer, serve } from '../support/kafka-server.ts';
import { type KcatRecord, kcatConsume } from '../support/kcat.ts';
import { realPart } from '../support/real-parts.ts';
import { sharedJaeger, sharedKafka } from '../support/shared.ts';
import { createTopic } from '../support/topics.ts';
import { newCaller, PROMPT_EXPORT, spanOfKind } from '../support/traces.ts';
import { waitFor } from '../support/wait-for.ts';

const headersOf = ({ headers }: KcatRecord): Record<string, string | undefined> =>
  Object.fromEntries(headers.map(({ name, value }) => [name, value?.toString()]));

let services = 0;

describe('which redirects are traced', { skip: await realPart('kafka', 'kcat', 'jaeger') }, () => {
  let brokers: string[];
  let jaeger: JaegerQueries;

  before(async () => {
    ({ brokers } = await sharedKafka());
    jaeger = await sharedJaeger();
  });

  /** A server whose spans have a service name of their own. */
  async function serveAs(flags: Flags): Promise<{ server: ServingServer; service: string }> {
    const service = `trace-choice-${process.pid}-${++services}`;
    const env = {
      ...PROMPT_EXPORT,
      OTEL_EXPORTER_OTLP_ENDPOINT: jaeger.otlpHttp,
      OTEL_SERVICE_NAME: service,
      // What the admin API's spans are is not asked here.
      OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'none',
    };
    return { server: await serve(flags, env), service };
  }
  /** The spans that a server has exported when it has ended. */
  async function allSpans(server: ServingServer, service: string): Promise<JaegerSpan[]> {
    assert.equal((await server.stop()).code, 0);
    return jaeger.fetchSpans(service);
  }
  const post = (url: string) => fetch(url, { method: 'POST', redirect: 'manual' });

  it('an answer that is an error by telemetry.errorSampleRatio, the others by telemetry.sampleRatio', async () => {
    const topic = await createTopic(brokers);
    const { server, service } = await serveAs({
      brokers: brokers.join(','),
      topic,
      'telemetry.sampleRatio': 0,
      'telemetry.errorSampleRatio': 1,
    });
    await using _ended = server;
    await click(server.url, 20);
    assert.equal((await post(server.url)).status, 405);
    await server.quiet(21);
    const spans = await allSpans(server, service);
    const answer = spanOfKind(spans, 'SERVER');
    assert.equal(answer.name, 'POST');
    assert.equal(answer.attributes['http.response.status_code'], 405);
    assert.equal(spanOfKind(spans, 'PRODUCER').traceId, answer.traceId);
    const records = await kcatConsume(brokers, topic);
    const traced = records.filter((record) => headersOf(record).traceparent !== undefined);
    assert.equal(traced.length, 1, 'its record and no other joins a trace');
  });

  it('a click whose record the full queue refuses, by telemetry.errorSampleRatio: its trace tells the reason', async () => {
    const { server, service } = await serveAs({
      brokers: `127.0.0.1:${await freePort()}`,
      'queue.maxBytes': '512KiB',
      'telemetry.sampleRatio': 0,
      'telemetry.errorSampleRatio': 1,
      'telemetry.maxSpansPerSecond': 60,
      'shutdown.deadline': '1s',
    });
    await using _ended = server;
    await click(server.url, 4000);
    const stats = await server.waitForStats('drops', ({ ledger }) => ledger.offered === 4000);
    assert.ok((stats.ledger.dropped.queue_full ?? 0) > 0);
    const spans = await waitFor('a dropped click', () => jaeger.fetchSpans(service), {
      until: (found) => found.some(({ kind }) => kind === 'PRODUCER'),
    });
    for (const send of spans.filter(({ kind }) => kind === 'PRODUCER')) {
      assert.deepEqual(send.status, { code: 'ERROR', message: 'queue_full' });
      assert.equal(send.attributes['error.type'], 'queue_full');
      const trace = await jaeger.waitForTrace(send.traceId, ({ length }) => length === 2);
      const answer = spanOfKind(trace, 'SERVER');
      assert.equal(answer.attributes['http.response.status_code'], 301, 'the click was answered');
      assert.equal(send.parentSpanId, answer.spanId);
    }
  });

  it('a lost batch in which nothing is traced has a span of its own, by telemetry.errorSampleRatio', async () => {
    const topic = await createTopic(brokers, { config: { 'max.message.bytes': '100' } });
    const { server, service } = await serveAs({
      brokers: brokers.join(','),
      topic,
      'telemetry.sampleRatio': 0,
      'telemetry.errorSampleRatio': 1,
    });
    await using _ended = server;
    await click(server.url, 1);
    const { ledger } = await server.quiet(1);
    assert.deepEqual(ledger.dropped, { rejected: 1 }, JSON.stringify(ledger));
    const [batch, ...others] = await allSpans(server, service);
    assert.deepEqual(others, []);
    assert.equal(batch!.name, `produce ${topic}`);
    assert.equal(batch!.parentSpanId, undefined);
    assert.deepEqual(batch!.status, { code: 'ERROR', message: 'rejected' });
  });

  it('none over telemetry.maxSpansPerSecond, and the record then joins the span of the caller', async () => {
    const topic = await createTopic(brokers);
    const { server, service } = await serveAs({
      brokers: brokers.join(','),
      topic,
      'telemetry.maxSpansPerSecond': 0,
    });
    await using _ended = server;
    const { traceparent } = newCaller(true);
    await click(server.url, 5, { headers: { traceparent, tracestate: 'vendor=a1' } });
    await server.quiet(5);
    assert.deepEqual(await allSpans(server, service), []);
    const records = await kcatConsume(brokers, topic);
    assert.equal(records.length, 5);
    for (const record of records) {
      assert.deepEqual(headersOf(record), { traceparent, tracestate: 'vendor=a1' });
    }
  });

  it("a caller's baggage goes into the record only with record.baggage", async () => {
    const baggage = 'tenant=42,user=%C3%A9va';
    for (const [flag, expected] of [
      [false, undefined],
      [true, baggage],
    ] as const) {
      const topic = await createTopic(brokers);
      await using server = await serve({ brokers: brokers.join(','), topic, 'record.baggage': `${flag}` });
      await click(server.url, 1, { headers: { baggage } });
      await click(server.url, 1, { headers: { baggage, traceparent: newCaller(false).traceparent } });
      await server.quiet(2);
      const [alone, traced] = await kcatConsume(brokers, topic);
      assert.equal(headersOf(alone!).baggage, expected);
      assert.equal(headersOf(traced!).baggage, expected);
      assert.ok(headersOf(traced!).traceparent !== undefined);
    }
  });
});
