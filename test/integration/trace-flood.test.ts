import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startGenerator } from '../../loadtest/generator-process.ts';
import { ask } from '../support/http-client.ts';
import { serve } from '../support/kafka-server.ts';
import { parsePrometheus, sampleValue } from '../support/prometheus.ts';
import { realPart } from '../support/real-parts.ts';
import { sharedJaeger, sharedKafka } from '../support/shared.ts';
import { createTopic } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';

const RPS = 2000;
const SECONDS = 2;
const REQUESTS = RPS * SECONDS;
const SPANS_PER_SECOND = 100;
/** Of the last trace that the limit lets through it may have had room for one span only. */
const SPANS_OF_A_TRACE = 3;

describe('a caller who traces every request', { skip: await realPart('kafka', 'jaeger') }, () => {
  it('gets every answer, no more spans than the limit, and a count of what was over it', async () => {
    const { brokers } = await sharedKafka();
    const jaeger = await sharedJaeger();
    const topic = await createTopic(brokers);
    const flags = { brokers: brokers.join(','), topic, 'telemetry.maxSpansPerSecond': SPANS_PER_SECOND };
    await using server = await serve(flags, {
      OTEL_EXPORTER_OTLP_ENDPOINT: jaeger.otlpHttp,
      OTEL_TRACES_SAMPLER: 'parentbased_always_off', // what the test asks of the admin API makes no spans
    });
    const acceptedBefore = await jaeger.acceptedSpans();
    const generator = await startGenerator({
      url: `${server.url}/`,
      userAgent: 'flood',
      rps: RPS,
      durationSeconds: SECONDS,
      connections: 64,
      expect: [[301, 301]],
      answerTimeoutMs: 60_000,
      trace: true,
    });
    const began = performance.now();
    const { answered, failures } = await generator.run(() => {});
    const seconds = (performance.now() - began) / 1000;
    assert.deepEqual([answered, failures], [REQUESTS, {}]);

    const { ledger } = await server.quiet(REQUESTS);
    assert.deepEqual([ledger.delivered, ledger.dropped], [REQUESTS, {}]);
    const traces = async () => {
      const metrics = parsePrometheus((await ask(`${server.adminUrl}/metrics`)).body);
      return {
        sampled: sampleValue(metrics, 'redirector_traces_sampled_total'),
        limited: sampleValue(metrics, 'redirector_traces_limited_total'),
      };
    };
    const { sampled, limited } = await waitFor('each request to be traced or over the limit', traces, {
      until: (count) => count.sampled + count.limited === REQUESTS,
    });
    assert.ok(sampled > 0 && limited > 0, `${sampled} sampled, ${limited} limited`);

    assert.equal((await server.stop()).code, 0); // sends the last spans
    const spans = (await jaeger.acceptedSpans()) - acceptedBefore;
    assert.ok(spans >= 2 * sampled, `${spans} spans of ${sampled} traces`);
    // A second's worth may have been saved up before.
    const most = SPANS_PER_SECOND * (seconds + 1) + SPANS_OF_A_TRACE;
    assert.ok(spans <= most, `${spans} spans in ${seconds} s, more than ${most}`);
  });
});
