import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  batchLimits,
  exportTimes,
  otlpProtocol,
  telemetrySettings,
} from '../../../src/telemetry/settings.ts';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };

describe('spans are exported', () => {
  const cases: [why: string, env: Record<string, string>, tracing: boolean][] = [
    ['not, when no endpoint is set: a bare start connects to nobody', {}, false],
    ['not, when the endpoint is empty, which counts as unset', { OTEL_EXPORTER_OTLP_ENDPOINT: '' }, false],
    ['to an endpoint', ENDPOINT, true],
    [
      'to an endpoint for traces alone',
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:4318/v1/traces' },
      true,
    ],
    [
      'not to an endpoint for metrics alone',
      { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://127.0.0.1:1' },
      false,
    ],
    ['not, when the SDK is disabled', { ...ENDPOINT, OTEL_SDK_DISABLED: 'true' }, false],
    ['not, when the SDK is disabled in capitals', { ...ENDPOINT, OTEL_SDK_DISABLED: 'TRUE' }, false],
    ['when the SDK is said to be not disabled', { ...ENDPOINT, OTEL_SDK_DISABLED: 'false' }, true],
    ['not, when the exporter is none', { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }, false],
    ['when the exporter is otlp', { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'otlp' }, true],
    ['when the exporter is empty', { ...ENDPOINT, OTEL_TRACES_EXPORTER: '' }, true],
  ];
  for (const [why, env, tracing] of cases) {
    it(why, () => assert.equal(telemetrySettings({ all: 0.01, errors: undefined }, env).tracing, tracing));
  }
});

describe('the log is exported', () => {
  const asked = { OTEL_LOGS_EXPORTER: 'otlp' };
  const cases: [why: string, env: Record<string, string>, logs: boolean][] = [
    ['not by an endpoint alone', ENDPOINT, false],
    ['not without an endpoint', asked, false],
    ['when both are set', { ...ENDPOINT, ...asked }, true],
    [
      'to an endpoint for logs alone',
      { ...asked, OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://127.0.0.1:1' },
      true,
    ],
    ['not, when the SDK is disabled', { ...ENDPOINT, ...asked, OTEL_SDK_DISABLED: 'true' }, false],
    ['not to a file or the console', { ...ENDPOINT, OTEL_LOGS_EXPORTER: 'console' }, false],
  ];
  for (const [why, env, logs] of cases) {
    it(why, () => assert.equal(telemetrySettings({ all: 0.01, errors: undefined }, env).logs, logs));
  }
});

describe('the sampler is', () => {
  it("telemetry.sampleRatio, behind the caller's decision, when OTEL_TRACES_SAMPLER is not set", () => {
    const settings = telemetrySettings({ all: 0.25, errors: undefined }, ENDPOINT);
    assert.deepEqual(settings.sampler, { parentBased: true, ratio: 0.25, errorRatio: 0.25 });
    assert.equal(settings.samplerFrom, 'telemetry.sampleRatio');
    assert.deepEqual(settings.warnings, []);
  });

  const cases: [name: string, arg: string | undefined, parentBased: boolean, ratio: number][] = [
    ['always_on', undefined, false, 1],
    ['always_off', undefined, false, 0],
    ['traceidratio', '0.5', false, 0.5],
    ['traceidratio', undefined, false, 1],
    ['parentbased_always_on', undefined, true, 1],
    ['parentbased_always_off', undefined, true, 0],
    ['parentbased_traceidratio', '0', true, 0],
    ['parentbased_traceidratio', '', true, 1],
    // Some set the argument for all their programs; where the sampler takes none it says nothing.
    ['always_on', 'rubbish', false, 1],
  ];
  for (const [name, arg, parentBased, ratio] of cases) {
    const withArg = arg === undefined ? '' : ` with OTEL_TRACES_SAMPLER_ARG "${arg}"`;
    it(`OTEL_TRACES_SAMPLER ${name}${withArg}, which wins over telemetry.sampleRatio`, () => {
      const env = {
        OTEL_TRACES_SAMPLER: name,
        ...(arg === undefined ? {} : { OTEL_TRACES_SAMPLER_ARG: arg }),
      };
      const settings = telemetrySettings({ all: 0.25, errors: undefined }, env);
      assert.deepEqual(settings.sampler, { parentBased, ratio, errorRatio: ratio });
      assert.equal(settings.samplerFrom, 'OTEL_TRACES_SAMPLER');
      assert.deepEqual(settings.warnings, []);
    });
  }

  it('telemetry.sampleRatio with a warning that names the known ones, when OTEL_TRACES_SAMPLER is not known', () => {
    const settings = telemetrySettings(
      { all: 0.25, errors: undefined },
      { OTEL_TRACES_SAMPLER: 'jaeger_remote' },
    );
    assert.deepEqual(settings.sampler, { parentBased: true, ratio: 0.25, errorRatio: 0.25 });
    assert.equal(settings.samplerFrom, 'telemetry.sampleRatio');
    assert.equal(settings.warnings.length, 1);
    assert.match(
      settings.warnings[0]!,
      /"jaeger_remote" is not one of always_on, .*parentbased_traceidratio/,
    );
  });

  for (const arg of ['2', '-1', 'half']) {
    it(`a ratio of 1 with a warning, when OTEL_TRACES_SAMPLER_ARG is "${arg}"`, () => {
      const env = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: arg };
      const settings = telemetrySettings({ all: 0.25, errors: undefined }, env);
      assert.deepEqual(settings.sampler, { parentBased: false, ratio: 1, errorRatio: 1 });
      assert.match(settings.warnings[0]!, /OTEL_TRACES_SAMPLER_ARG/);
    });
  }
});

it('errors and drops have a ratio of their own where one is set, whatever decides on the rest', () => {
  for (const env of [ENDPOINT, { ...ENDPOINT, OTEL_TRACES_SAMPLER: 'always_off' }]) {
    assert.equal(telemetrySettings({ all: 0.25, errors: 1 }, env).sampler.errorRatio, 1);
    assert.equal(telemetrySettings({ all: 0.25, errors: 0 }, env).sampler.errorRatio, 0);
  }
});

it('OTEL_BSP_* are the limits of the batches of spans, and what is no number counts as unset', () => {
  assert.deepEqual(batchLimits({}), {});
  assert.deepEqual(
    batchLimits({
      OTEL_BSP_SCHEDULE_DELAY: '100',
      OTEL_BSP_EXPORT_TIMEOUT: '200',
      OTEL_BSP_MAX_QUEUE_SIZE: '300',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '30',
    }),
    { scheduledDelayMillis: 100, exportTimeoutMillis: 200, maxQueueSize: 300, maxExportBatchSize: 30 },
  );
  assert.deepEqual(batchLimits({ OTEL_BSP_SCHEDULE_DELAY: 'soon', OTEL_BSP_MAX_QUEUE_SIZE: '' }), {});
});

describe('metrics are exported by OTLP', () => {
  const METRICS_ENDPOINT = { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://127.0.0.1:4318/v1/metrics' };
  const cases: [why: string, env: Record<string, string>, exported: boolean][] = [
    ['not, when no endpoint is set', {}, false],
    ['to an endpoint', ENDPOINT, true],
    ['to an endpoint for metrics alone', METRICS_ENDPOINT, true],
    [
      'not to an endpoint for traces alone',
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:1' },
      false,
    ],
    ['not, when the exporter is none', { ...ENDPOINT, OTEL_METRICS_EXPORTER: 'none' }, false],
    ['when only the exporter of traces is none', { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }, true],
    ['not, when the SDK is disabled', { ...ENDPOINT, OTEL_SDK_DISABLED: 'true' }, false],
  ];
  for (const [why, env, exported] of cases) {
    it(why, () => assert.equal(telemetrySettings({ all: 0.01, errors: undefined }, env).metrics, exported));
  }

  const times: [env: Record<string, string>, intervalMs: number, timeoutMs: number][] = [
    [{}, 60_000, 30_000],
    [{ OTEL_METRIC_EXPORT_INTERVAL: '5000' }, 5000, 5000],
    [{ OTEL_METRIC_EXPORT_INTERVAL: '5000', OTEL_METRIC_EXPORT_TIMEOUT: '100' }, 5000, 100],
    [{ OTEL_METRIC_EXPORT_INTERVAL: 'often', OTEL_METRIC_EXPORT_TIMEOUT: '-1' }, 60_000, 30_000],
  ];
  for (const [env, intervalMs, timeoutMs] of times) {
    it(`every ${intervalMs} ms, for ${timeoutMs} ms at most, with ${JSON.stringify(env)}`, () => {
      assert.deepEqual(exportTimes(env), { intervalMs, timeoutMs });
    });
  }

  it('by a protocol of their own, else by the one for all', () => {
    const env = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/json' };
    assert.equal(otlpProtocol('METRICS', env), 'http/json');
    assert.equal(otlpProtocol('TRACES', env), 'grpc');
    assert.equal(otlpProtocol('TRACES', {}), 'http/protobuf');
  });
});
