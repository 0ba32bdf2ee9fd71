import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { click } from '../support/clicks.ts';
import { exportedSamples, ownMetrics, scrapedSamples } from '../support/exported-metrics.ts';
import { freePort } from '../support/free-port.ts';
import { ask } from '../support/http-client.ts';
import { serve } from '../support/kafka-server.ts';
import { attributeValue, type OtlpReceiver, startOtlpReceiver } from '../support/otlp-receiver.ts';
import { parsePrometheus, sampleValue } from '../support/prometheus.ts';
import { newCaller, PROMPT_EXPORT } from '../support/traces.ts';
import { waitFor } from '../support/wait-for.ts';

const JSON_EXPORT = { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_METRIC_EXPORT_INTERVAL: '200' };

const to = ({ endpoint }: OtlpReceiver, more: Record<string, string> = {}): Record<string, string> => ({
  ...PROMPT_EXPORT,
  ...JSON_EXPORT,
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  ...more,
});

const scrape = async (adminUrl: string, accept = 'text/plain'): Promise<string> =>
  (await ask(`${adminUrl}/metrics`, { headers: { accept } })).body;

describe('metrics by OTLP', () => {
  it('have the values of /metrics', async () => {
    await using receiver = await startOtlpReceiver();
    await using server = await serve({}, to(receiver));
    await click(server.url, 50);
    await ask(server.url, { method: 'POST' });
    await server.quiet(51);
    const earlier = scrapedSamples(await scrape(server.adminUrl));
    const count = receiver.metrics().length;
    // The next export may have begun before the scrape; the one after it has not.
    await waitFor('two more exports', () => receiver.metrics().length >= count + 2);
    const exported = exportedSamples(receiver.metrics()[count + 1]!);
    const later = scrapedSamples(await scrape(server.adminUrl));

    const still = [...earlier].filter(([key, value]) => later.get(key) === value);
    for (const [key, value] of still) assert.equal(exported.get(key), value, key);
    const names = new Set(still.map(([key]) => key.split(' ')[0]));
    for (const name of [
      'http_server_request_duration_seconds_bucket',
      'redirector_records_offered_total',
      'redirector_records_spooled',
      'redirector_batch_size_bytes_bucket',
      'redirector_spool_write_duration_seconds_sum',
      'redirector_build_info',
    ]) {
      assert.ok(names.has(name), `${name} stood still`);
    }
    assert.deepEqual([...exported.keys()].sort(), [...later.keys()].sort());
  });

  it('come from the same resource as spans, begin with the process, and have nothing twice', async () => {
    await using receiver = await startOtlpReceiver();
    await using server = await serve({}, to(receiver, { OTEL_SERVICE_NAME: 'clicks' }));
    const { boot } = await server.stats();
    const others = await waitFor(
      'the metrics of the auto-instrumentations',
      () => {
        const scopes = receiver.metrics().at(-1)?.scopeMetrics ?? [];
        return scopes.filter(({ scope }) => scope.name !== 'redirector').flatMap(({ metrics }) => metrics);
      },
      { until: (metrics) => metrics.some(({ name }) => name.startsWith('v8js.')) },
    );
    const last = receiver.metrics().at(-1)!;
    const resource = new Map(last.resource.attributes.map(({ key, value }) => [key, attributeValue(value)]));
    assert.equal(resource.get('service.name'), 'clicks');
    assert.equal(resource.get('service.instance.id'), boot);
    const own = ownMetrics(last);
    const names = [...own, ...others].map(({ name }) => name);
    assert.equal(new Set(names).size, names.length, names.join());
    const offered = own.find(({ name }) => name === 'redirector.records.offered')!;
    const startedAt = Number(offered.sum!.dataPoints[0]!.startTimeUnixNano) / 1e6;
    const uptimeMs =
      1000 * own.find(({ name }) => name === 'process.uptime')!.gauge!.dataPoints[0]!.asDouble!;
    assert.ok(startedAt <= Date.now() - uptimeMs + 1000, `${startedAt} ${uptimeMs}`);
  });

  it('leave once more at the end, with what was counted last', async () => {
    await using receiver = await startOtlpReceiver();
    await using server = await serve({}, to(receiver, { OTEL_METRIC_EXPORT_INTERVAL: '600000' }));
    await click(server.url, 3);
    assert.equal((await server.stop()).code, 0);
    const [only, ...others] = receiver.metrics();
    assert.deepEqual(others, []);
    assert.equal(exportedSamples(only!).get('redirector_records_spooled []'), 3);
  });

  it('leave without spans where only they have an endpoint, and not where they are turned off', async () => {
    await using receiver = await startOtlpReceiver();
    const alone = { ...JSON_EXPORT, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${receiver.endpoint}/v1/metrics` };
    await using metricsOnly = await serve({ 'telemetry.sampleRatio': 1 }, alone);
    await click(metricsOnly.url, 5);
    await waitFor('an export', () => receiver.metrics().length > 0);
    await metricsOnly.stop();
    assert.deepEqual(receiver.received('traces'), []);

    const before = receiver.metrics().length;
    const off = to(receiver, { OTEL_METRICS_EXPORTER: 'none' });
    await using spansOnly = await serve({ 'telemetry.sampleRatio': 1 }, off);
    await click(spansOnly.url, 5);
    await waitFor('an export', () => receiver.received('traces').length > 0);
    await spansOnly.stop();
    assert.equal(receiver.metrics().length, before);
  });

  it('that a collector refuses are counted and told once, and touch no answer', async () => {
    await using receiver = await startOtlpReceiver();
    receiver.answerWith(400);
    await using server = await serve({}, to(receiver, { OTEL_TRACES_EXPORTER: 'none' }));
    await click(server.url, 100);
    const failed = 'otel_sdk_exporter_metric_data_point_exported_total';
    const samples = await waitFor(
      'exports that failed',
      async () => parsePrometheus(await scrape(server.adminUrl)),
      {
        until: (read) =>
          sampleValue(read, failed, { error_type: 'failed' }) > 0 && receiver.metrics().length > 3,
      },
    );
    assert.equal(
      samples.find(({ name, labels }) => name === failed && labels.error_type === undefined)?.value,
      0,
    );
    assert.equal(sampleValue(samples, 'redirector_records_offered_total'), 100);
    assert.equal(server.stderr().match(/Telemetry cannot be exported/g)?.length, 1, server.stderr());
  });

  it('to a collector that is down cost no record and no delay at the end', async () => {
    const env = { ...JSON_EXPORT, OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}` };
    await using server = await serve({}, env);
    await click(server.url, 500);
    await server.quiet(500);
    const { code, lastLine } = await server.stop();
    assert.equal(code, 0);
    assert.equal(lastLine.ledger.spooled, 500);
  });
});

describe('exemplars', () => {
  it('name the trace and span of a redirect that was traced, in OpenMetrics', async () => {
    await using receiver = await startOtlpReceiver();
    await using server = await serve({ 'telemetry.sampleRatio': 0 }, to(receiver));
    const { traceId, traceparent } = newCaller(true);
    await click(server.url, 1, { headers: { traceparent } });
    const open = await waitFor(
      'the exemplar',
      () => scrape(server.adminUrl, 'application/openmetrics-text'),
      {
        until: (text) => text.includes('# {trace_id='),
      },
    );
    const lines = open.split('\n').filter((line) => line.includes(' # {'));
    assert.equal(lines.length, 1);
    assert.match(
      lines[0]!,
      /^http_server_request_duration_seconds_bucket\{.*http_response_status_code="301".*le=/,
    );
    assert.match(
      lines[0]!,
      new RegExp(` # \\{trace_id="${traceId}",span_id="[0-9a-f]{16}"\\} [0-9.e-]+ [0-9.]+$`),
    );
    const bound = Number(/le="([^"]+)"/.exec(lines[0]!)![1]);
    const value = Number(/\} ([0-9.e-]+) [0-9.]+$/.exec(lines[0]!)![1]);
    assert.ok(value <= bound);
    const samples = parsePrometheus(await scrape(server.adminUrl));
    assert.equal(sampleValue(samples, 'redirector_traces_sampled_total'), 1);
  });
});
