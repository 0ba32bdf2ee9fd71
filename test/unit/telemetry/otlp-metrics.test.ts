import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AggregationTemporality, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import { type MetricName, metricKeys, metrics } from '../../../src/telemetry/metric-names.ts';
import type { MetricReading } from '../../../src/telemetry/metric-reading.ts';
import { metricProducer } from '../../../src/telemetry/otlp-metrics.ts';
import { attributesOf, emptyReading, wholeReading } from '../../support/metric-reading.ts';

async function collect(reading: MetricReading): Promise<readonly MetricData[]> {
  const { resourceMetrics, errors } = await metricProducer({ observe: () => reading }, '1.2.3').collect();
  assert.deepEqual(errors, []);
  const [scope, ...others] = resourceMetrics.scopeMetrics;
  assert.deepEqual(scope?.scope, { name: 'redirector', version: '1.2.3' });
  assert.deepEqual(others, []);
  return scope!.metrics;
}

const typeOf = { counter: DataPointType.SUM, gauge: DataPointType.GAUGE, histogram: DataPointType.HISTOGRAM };

describe('metrics by OTLP', () => {
  it('are every metric of the table, with its name, kind, unit, meaning and attributes, cumulative', async () => {
    const data = await collect(wholeReading());
    assert.deepEqual(
      data.map(({ descriptor }) => descriptor.name),
      metricKeys,
    );
    for (const [place, one] of data.entries()) {
      const metric: MetricName = metrics[metricKeys[place]!];
      assert.equal(one.dataPointType, typeOf[metric.kind]);
      assert.equal(one.aggregationTemporality, AggregationTemporality.CUMULATIVE);
      assert.equal(one.descriptor.unit, metric.unit);
      assert.equal(one.descriptor.description, metric.meaning);
      if (one.dataPointType === DataPointType.SUM) assert.equal(one.isMonotonic, true);
      const [point] = one.dataPoints;
      assert.deepEqual(point?.attributes, attributesOf(metric));
      if (metric.kind !== 'histogram') assert.equal(point?.value, place + 1);
    }
  });

  it('have histograms with the bounds of the table, each bucket counted for itself', async () => {
    const [data] = await collect(wholeReading());
    const { buckets } = metrics['http.server.request.duration'];
    const counts = [...buckets.map((_, bucket) => bucket), buckets.length];
    assert.deepEqual(data?.dataPoints[0]?.value, {
      buckets: { boundaries: [...buckets], counts },
      sum: 1.5,
      count: counts.reduce((sum, count) => sum + count),
    });
  });

  it('begin when the process did', async () => {
    const [data] = await collect(wholeReading());
    const { startTime, endTime } = data!.dataPoints[0]!;
    assert.ok(Math.abs(startTime[0] + startTime[1] / 1e9 - performance.timeOrigin / 1000) < 0.001);
    assert.ok(endTime[0] >= startTime[0]);
  });

  it('leave out a metric without points', async () => {
    assert.deepEqual(await collect(emptyReading()), []);
  });
});
