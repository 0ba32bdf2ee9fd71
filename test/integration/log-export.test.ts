import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { click } from '../support/clicks.ts';
import { freePort } from '../support/free-port.ts';
import { ask } from '../support/http-client.ts';
import { serve } from '../support/kafka-server.ts';
import { logLinesOf } from '../support/log-lines.ts';
import { attributesOf, logRecordsOf } from '../support/otlp-logs.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp-receiver.ts';
import { newCaller } from '../support/traces.ts';
import { waitFor } from '../support/wait-for.ts';

const exporting = (endpoint: string): Record<string, string> => ({
  OTEL_LOGS_EXPORTER: 'otlp',
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  OTEL_BLRP_SCHEDULE_DELAY: '50',
});
const LIFE = ['redirector.server.started', 'redirector.drain.started', 'redirector.drain.finished'];
const NUMBERS: Readonly<Record<string, number>> = { debug: 5, info: 9, warn: 13, error: 17 };

const pathsOf = ({ requests }: OtlpReceiver): string[] => [...new Set(requests.map(({ path }) => path))];

describe('the log by OTLP', () => {
  it('has every line of the log, with the same event, severity, sentence and fields', async () => {
    await using collector = await startOtlpReceiver();
    await using server = await serve({ 'admin.token': 'a-token' }, exporting(collector.endpoint));
    await ask(`${server.adminUrl}/metrics`);
    await server.stop();
    const lines = logLinesOf(server.stderr());
    const records = logRecordsOf(collector);
    assert.deepEqual(
      records.map(({ eventName }) => eventName),
      lines.map(({ event }) => event),
    );
    assert.deepEqual(
      lines.map(({ event }) => event).filter((event) => LIFE.includes(event)),
      LIFE,
    );
    for (const [
      index,
      { time, level, event, msg, trace_id, span_id, trace_flags, ...fields },
    ] of lines.entries()) {
      const record = records[index]!;
      assert.equal(record.severityText, level);
      assert.equal(record.severityNumber, NUMBERS[level]);
      assert.equal(record.body.stringValue, msg);
      const shown = Object.entries(fields).map(([name, value]) => [name, String(value)]);
      assert.deepEqual(attributesOf(record.attributes), Object.fromEntries(shown));
      assert.equal(record.traceId, trace_id);
      assert.ok(Math.abs(Number(record.timeUnixNano) / 1e6 - Date.parse(time)) < 5000);
      assert.equal(record.scope, 'redirector');
      assert.equal(record.resource['service.name'], 'redirector');
    }
  });

  it('leaves as protobuf where nothing else is asked for, and what was sent is counted', async () => {
    await using collector = await startOtlpReceiver();
    const { OTEL_EXPORTER_OTLP_PROTOCOL, ...env } = exporting(collector.endpoint);
    await using server = await serve({}, env);
    const sent = await waitFor('log records', () => collector.received<Buffer>('logs')[0]);
    assert.ok(sent?.includes('redirector.server.started'));
    await waitFor('it to be counted', async () =>
      /^otel_sdk_exporter_log_exported_total 1$/m.test((await ask(`${server.adminUrl}/metrics`)).body),
    );
  });

  it('belongs to the trace of the request that it is about, as the line does', async () => {
    await using collector = await startOtlpReceiver();
    await using server = await serve({ 'admin.token': 'a-token' }, exporting(collector.endpoint));
    const { traceId, traceparent } = newCaller(true);
    await ask(`${server.adminUrl}/api/v1/stats`, { headers: { traceparent } });
    await server.stop();
    const event = 'redirector.admin.request_refused';
    const line = logLinesOf(server.stderr()).find((one) => one.event === event);
    assert.equal(line?.trace_id, traceId);
    assert.match(String(line.span_id), /^[0-9a-f]{16}$/);
    assert.equal(line.trace_flags, '01');
    const record = logRecordsOf(collector).find(({ eventName }) => eventName === event);
    assert.deepEqual([record?.traceId, record?.spanId], [traceId, line.span_id]);
  });

  it('does not leave when only an endpoint is set, nor when only OTEL_LOGS_EXPORTER is', async () => {
    await using collector = await startOtlpReceiver();
    const { OTEL_LOGS_EXPORTER, ...endpointAlone } = exporting(collector.endpoint);
    await using server = await serve({ 'telemetry.sampleRatio': 1 }, endpointAlone);
    await click(server.url, 1);
    await server.stop();
    assert.ok(!pathsOf(collector).includes('/v1/logs'));

    await using other = await serve({}, { OTEL_LOGS_EXPORTER: OTEL_LOGS_EXPORTER! });
    await other.stop();
    assert.deepEqual(
      logLinesOf(other.stderr()).map(({ event }) => event),
      LIFE,
    );
  });

  it('leaves alone, without spans, when OTEL_TRACES_EXPORTER is none', async () => {
    await using collector = await startOtlpReceiver();
    const env = {
      ...exporting(collector.endpoint),
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'none',
    };
    await using server = await serve({ 'telemetry.sampleRatio': 1 }, env);
    await click(server.url, 10);
    await server.stop();
    assert.ok(pathsOf(collector).includes('/v1/logs'));
    assert.ok(!pathsOf(collector).includes('/v1/traces'));
  });

  it('costs one line and no answer when the collector is away', async () => {
    const env = {
      ...exporting(`http://127.0.0.1:${await freePort()}`),
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'none',
    };
    await using server = await serve({ 'admin.token': 'a-token' }, env);
    await click(server.url, 500);
    await waitFor('the loss to be counted', async () => {
      const headers = { authorization: 'Bearer a-token' };
      const { body } = await ask(`${server.adminUrl}/metrics`, { headers });
      return /^otel_sdk_exporter_log_exported_total\{error_type="[^"]+"\} [1-9]/m.test(body);
    });
    const told = logLinesOf(server.stderr()).filter(({ event }) => event.includes('.telemetry.'));
    assert.deepEqual(
      told.map((line) => String(line['exception.message']).replace(/[\d.:]+$/, '')),
      ['connect ECONNREFUSED '],
    );
    const { code, lastLine } = await server.stop();
    assert.deepEqual([code, lastLine.lost], [0, 0]);
  });

  it('tells of a collector that refuses, but not that collector: it would be told of its refusals without end', async () => {
    await using collector = await startOtlpReceiver();
    collector.answerWith(400);
    const env = {
      ...exporting(collector.endpoint),
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'none',
    };
    await using server = await serve({}, env);
    const told = await waitFor('the trouble to be told', () =>
      logLinesOf(server.stderr()).find(({ event }) => event === 'redirector.telemetry.export_failed'),
    );
    assert.match(String(told?.['exception.message']), /400|Bad Request/);
    await server.stop();
    assert.deepEqual(
      logRecordsOf(collector).map(({ eventName }) => eventName),
      LIFE,
    );
  });
});
