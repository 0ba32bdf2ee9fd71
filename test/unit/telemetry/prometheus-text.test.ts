import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type MetricKey, type MetricName, metricKeys, metrics } from '../../../src/telemetry/metric-names.ts';
import { prometheusName } from '../../../src/telemetry/prometheus-name.ts';
import { preferredFormat, prometheusText } from '../../../src/telemetry/prometheus-text.ts';
import { attributesOf, emptyReading, wholeReading } from '../../support/metric-reading.ts';
import { parsePrometheus, sampleValue } from '../../support/prometheus.ts';

const PLAIN = preferredFormat('text/plain');
const OPEN = preferredFormat('application/openmetrics-text');

const duration: MetricName = metrics['http.server.request.duration'];

/** Name, kind and help of each family, as a scrape has them. */
function families(text: string): string[] {
  const help = new Map([...text.matchAll(/^# HELP (\S+) (.*)$/gm)].map(([, name, is]) => [name, is]));
  return [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(
    ([, name, kind]) => `${name} ${kind} ${help.get(name)}`,
  );
}

describe('the text of /metrics', () => {
  it('has every metric of the table and no other, each with its name, kind and meaning', async () => {
    const text = await prometheusText(wholeReading(), PLAIN);
    const table = Object.entries<MetricName>(metrics).map(
      ([key, metric]) => `${prometheusName(key, metric)} ${metric.kind} ${metric.meaning}`,
    );
    assert.deepEqual(families(text), table);
  });

  it('leaves out a metric without points', async () => {
    assert.equal((await prometheusText(emptyReading(), PLAIN)).trim(), '');
    assert.equal((await prometheusText(emptyReading(), OPEN)).trim(), '# EOF');
  });

  it('has the value of each, and every attribute as a label, escaped', async () => {
    const samples = parsePrometheus(await prometheusText(wholeReading(), PLAIN));
    for (const [place, key] of metricKeys.entries()) {
      const metric: MetricName = metrics[key];
      if (metric.kind === 'histogram') continue;
      const [sample] = samples.filter(({ name }) => name === prometheusName(key, metric));
      assert.equal(sample?.value, place + 1, key);
      const labels = Object.entries(attributesOf(metric)).map(([name, value]) => [
        name.replaceAll('.', '_'),
        String(value).replaceAll('"', '\\"').replaceAll('\n', '\\n'),
      ]);
      assert.deepEqual(sample?.labels, Object.fromEntries(labels), key);
    }
  });

  it('has histograms that count up over the bounds of the table', async () => {
    const samples = parsePrometheus(await prometheusText(wholeReading(), PLAIN));
    for (const [key, metric] of Object.entries<MetricName>(metrics)) {
      if (metric.kind !== 'histogram') continue;
      const name = prometheusName(key, metric);
      const buckets = samples.filter((sample) => sample.name === `${name}_bucket`);
      assert.deepEqual(
        buckets.map(({ labels }) => labels.le),
        [...metric.buckets.map(String), '+Inf'],
      );
      let below = 0;
      for (const [bucket, { value }] of buckets.entries()) {
        below += bucket;
        assert.equal(value, below, key);
      }
      assert.equal(sampleValue(samples, `${name}_count`), below);
      assert.equal(sampleValue(samples, `${name}_sum`), 1.5);
    }
  });
});

describe('OpenMetrics', () => {
  it('has the same samples, with counters named without their ending, and says where it ends', async () => {
    const plain = await prometheusText(wholeReading(), PLAIN);
    const open = await prometheusText(wholeReading(), OPEN);
    const samples = (text: string): string[] =>
      text.split('\n').filter((line) => line !== '' && line[0] !== '#');
    assert.deepEqual(samples(open), samples(plain));
    assert.match(open, /^# TYPE redirector_records_offered counter$/m);
    assert.ok(open.endsWith('\n# EOF\n'));
  });

  it('alone has exemplars, on the bucket that they fell into', async () => {
    assert.ok(duration.kind === 'histogram');
    const counts = [...duration.buckets.map(() => 0), 0];
    counts[3] = 1;
    const exemplars = [];
    exemplars[3] = {
      traceId: 'a'.repeat(32),
      spanId: 'b'.repeat(16),
      durationSeconds: 0.0004,
      timeMs: 1700.5,
    };
    const reading = {
      ...emptyReading(),
      'http.server.request.duration': [{ value: { counts, sum: 0.0004 }, attributes: { x: 'y' }, exemplars }],
    };
    const line = `http_server_request_duration_seconds_bucket{x="y",le="0.0005"} 1`;
    const exemplar = `# {trace_id="${'a'.repeat(32)}",span_id="${'b'.repeat(16)}"} 0.0004 1.7005`;
    const open = (await prometheusText(reading, OPEN)).split('\n');
    assert.deepEqual(
      open.filter((text) => text.includes(' # ')),
      [`${line} ${exemplar}`],
    );
    assert.ok((await prometheusText(reading, PLAIN)).split('\n').includes(line));
  });
});

describe('the format is', () => {
  const PROMETHEUS =
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,' +
    'text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1';
  const cases: [who: string, accept: string | undefined, open: boolean][] = [
    ['without a wish', undefined, false],
    ['of a browser', 'text/html,application/xhtml+xml,*/*;q=0.8', false],
    ['of curl', '*/*', false],
    ['of Prometheus as it comes', PROMETHEUS, true],
    [
      'of a Prometheus that is told to prefer text',
      'text/plain;version=0.0.4;q=0.6,application/openmetrics-text;q=0.5',
      false,
    ],
    ['that takes nothing but OpenMetrics', 'application/openmetrics-text; version=1.0.0', true],
    ['that refuses OpenMetrics', 'application/openmetrics-text;q=0,text/plain;q=0.1', false],
  ];
  for (const [who, accept, open] of cases) {
    it(`${open ? 'OpenMetrics' : 'plain text'} for a scraper ${who}`, () => {
      assert.match(
        preferredFormat(accept),
        open ? /^application\/openmetrics-text; version=1/ : /^text\/plain; version=0/,
      );
    });
  }
});

describe('names in /metrics', () => {
  const cases: [key: MetricKey, name: string][] = [
    ['http.server.request.duration', 'http_server_request_duration_seconds'],
    ['redirector.queue.usage', 'redirector_queue_usage_bytes'],
    ['redirector.records.offered', 'redirector_records_offered_total'],
    ['process.cpu.time', 'process_cpu_time_seconds_total'],
    ['nodejs.eventloop.utilization', 'nodejs_eventloop_utilization_ratio'],
    ['redirector.sink.connected', 'redirector_sink_connected'],
    ['process.unix.file_descriptor.count', 'process_unix_file_descriptors'],
  ];
  for (const [key, name] of cases)
    it(`${key} is ${name}`, () => assert.equal(prometheusName(key, metrics[key]), name));

  it('are each of one metric', () => {
    const names = Object.entries<MetricName>(metrics).map(([key, metric]) => prometheusName(key, metric));
    assert.equal(new Set(names).size, names.length);
  });
});

it('buckets rise', () => {
  for (const metric of Object.values<MetricName>(metrics)) {
    if (metric.kind !== 'histogram') continue;
    const { buckets } = metric;
    for (let at = 1; at < buckets.length; at++) assert.ok(buckets[at]! > buckets[at - 1]!);
  }
});
