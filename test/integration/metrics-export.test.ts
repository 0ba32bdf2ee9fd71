import assert from 'node:assert/strict';
import { createServer as createGrpcServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { click } from '../support/clicks.ts';
import { exportedSamples, ownMetrics, scrapedSamples } from '../support/exported-metrics.ts';
import { freePort } from '../support/free-port.ts';
import { ask } from '../support/http-client.ts';
import { serve } from '../support/kafka-server.ts';
import { attributeValue, type OtlpReceiver, startOtlpReceiver } from '../support/otlp-receiver.ts';
import { parsePrometheus, type Sample, sampleValue } from '../support/prometheus.ts';
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

const POINTS = 'otel_sdk_exporter_metric_data_point_exported_total';

/** Waits until the server says that it has exported metrics, and none in vain. */
async function assertExported(adminUrl: string): Promise<void> {
  const of = (samples: Sample[], error: string | undefined): number =>
    samples.find(({ name, labels }) => name === POINTS && labels.error_type === error)!.value;
  const read = async (): Promise<Sample[]> => parsePrometheus(await scrape(adminUrl));
  const samples = await waitFor('an export', read, { until: (found) => of(found, undefined) > 0 });
  assert.equal(of(samples, 'failed'), 0);
}

describe('metrics by OTLP', () => {
  it('have the values of /metrics', async () => {
    await using receiver = await startOtlpReceiver();
    await using server = await serve({}, to(receiver));
    await click(server.url, 50);
    await ask(server.url, { method: 'POST' });
    await server.quiet(51);
    // Each thread tells of its event loop a second after its start.
    const isWhole = (text: string): boolean =>
      ['supervisor', 'listener 0', 'spooler'].every((thread) =>
        text.includes(`nodejs_eventloop_utilization_ratio{thread_name="${thread}"}`),
      );
    const whole = await waitFor('all threads', () => scrape(server.adminUrl), { until: isWhole });
    const earlier = scrapedSamples(whole);
    const count = receiver.metrics().length;
    // The next export may have begun before the scrape; the one after it has not.
    await waitFor('two more exports', () => receiver.metrics().length >= count + 2);
    const exported = exportedSamples(receiver.metrics()[count + 1]!);
    const later = scrapedSamples(await scrape(server.adminUrl));

    const still = [...earlier].filter(
      ([key, value]) => later.get(key) === value && key !== 'process_unix_file_descriptors []', // a scrape is one
    );
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
    const keysOf = (samples: ReadonlyMap<string, number>): string[] =>
      [...samples.keys()].filter((key) => !key.includes('time_until_full')).sort(); // it goes when traffic has gone
    assert.deepEqual(keysOf(exported), keysOf(later));
  });

  it('leave as protobuf where nothing else is asked for', async () => {
    await using receiver = await startOtlpReceiver();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, OTEL_METRIC_EXPORT_INTERVAL: '200' };
    await using server = await serve({}, env);
    await assertExported(server.adminUrl);
    const [body] = receiver.received<Buffer>('metrics');
    assert.ok(body!.includes('http.server.active_requests'));
  });

  it('leave by gRPC where that is asked for', async () => {
    const calls: string[] = [];
    const collector = createGrpcServer();
    collector.on('stream', (stream: ServerHttp2Stream, headers) => {
      calls.push(String(headers[':path']));
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.alloc(5)); // an empty message
    });
    const listening = Promise.withResolvers<void>();
    collector.listen(0, '127.0.0.1', listening.resolve);
    await listening.promise;
    try {
      const { port } = collector.address() as AddressInfo;
      const env = {
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
        OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'grpc',
        OTEL_TRACES_EXPORTER: 'none',
        OTEL_METRIC_EXPORT_INTERVAL: '200',
      };
      await using server = await serve({}, env);
      await assertExported(server.adminUrl);
      assert.equal(calls[0], '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export');
    } finally {
      collector.close();
    }
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
    const samples = await waitFor(
      'exports that failed',
      async () => parsePrometheus(await scrape(server.adminUrl)),
      {
        until: (read) =>
          sampleValue(read, POINTS, { error_type: 'failed' }) > 0 && receiver.metrics().length > 3,
      },
    );
    assert.equal(
      samples.find(({ name, labels }) => name === POINTS && labels.error_type === undefined)?.value,
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
