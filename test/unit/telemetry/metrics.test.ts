import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { type MetricsSource, metricsHandler, type Observations } from '../../../src/telemetry/metrics.ts';
import {
  type MetricKey,
  type MetricName,
  metrics,
  requestDurationBuckets,
} from '../../../src/telemetry/names.ts';

const keys = Object.keys(metrics) as MetricKey[];

/** A source in which every metric has a value of its own: its place in the table, from 1. */
function source(): MetricsSource {
  const observed = Object.fromEntries(
    keys
      .filter((key) => metrics[key].kind !== 'histogram')
      .map((key) => {
        const { attributes: names = [] }: MetricName = metrics[key];
        const attributes = Object.fromEntries(names.map((name) => [name, 'a "quoted"\nvalue']));
        return [key, [{ value: keys.indexOf(key) + 1, attributes }]];
      }),
  ) as unknown as Observations;
  const counts = [...requestDurationBuckets.map((_, bucket) => bucket), 100];
  return { observe: () => observed, duration: () => ({ counts, sum: 1.5 }) };
}

async function scrape(from: MetricsSource): Promise<{ type: string; text: string }> {
  const server = createServer(metricsHandler(from, '1.2.3'));
  const listening = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;
  try {
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`);
    return { type: response.headers.get('content-type') ?? '', text: await response.text() };
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

/** Kind by help text, as a scrape has them. */
function families(text: string): Map<string, string> {
  const help = new Map([...text.matchAll(/^# HELP (\S+) (.*)$/gm)].map(([, name, is]) => [name!, is!]));
  const kinds = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
  return new Map(kinds.map(([, name, type]) => [help.get(name!) ?? `${name} has no help`, type!]));
}

describe('the text of /metrics', () => {
  it('has every metric of the table and no other, each with its meaning and kind', async () => {
    const { type, text } = await scrape(source());
    assert.match(type, /^text\/plain/);
    const table = new Map<string, string>(keys.map((key) => [metrics[key].meaning, metrics[key].kind]));
    assert.deepEqual([...families(text)].sort(), [...table].sort());
  });

  it('has names that Prometheus can read, with _total where a counter is', async () => {
    const { text } = await scrape(source());
    const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    for (const line of samples) assert.match(line, /^[a-z_:][a-z0-9_:]*(\{.*\})? \S+$/);
    const value = (key: MetricKey): number => keys.indexOf(key) + 1;
    assert.ok(
      samples.includes(`redirector_records_offered_total ${value('redirector.records.offered')}`),
      text,
    );
    assert.ok(samples.includes(`redirector_queue_usage ${value('redirector.queue.usage')}`), text);
    assert.ok(samples.includes(`redirector_queue_oldest_age ${value('redirector.queue.oldest_age')}`), text);
  });

  it('escapes what an attribute holds', async () => {
    const { text } = await scrape(source());
    assert.match(text, /redirector_drop_reason="a \\"quoted\\"\\nvalue"/);
  });

  it('has durations as a histogram that counts up over the bounds of the table', async () => {
    const { text } = await scrape(source());
    const buckets = [...text.matchAll(/^http_server_request_duration_bucket\{le="([^"]+)"\} (\d+)/gm)];
    assert.deepEqual(
      buckets.map(([, bound]) => bound),
      [...requestDurationBuckets.map(String), '+Inf'],
    );
    const counts = buckets.map(([, , count]) => Number(count));
    assert.deepEqual(
      counts,
      counts.toSorted((a, b) => a - b),
    );
    const total = requestDurationBuckets.reduce((sum, _, bucket) => sum + bucket, 100);
    assert.equal(counts.at(-1), total);
    assert.match(text, new RegExp(`^http_server_request_duration_count ${total}$`, 'm'));
    assert.match(text, /^http_server_request_duration_sum 1.5$/m);
  });

  it('is a new reading at each scrape', async () => {
    let readings = 0;
    const from = source();
    const counting: MetricsSource = {
      ...from,
      observe: () => {
        readings++;
        return from.observe();
      },
    };
    await scrape(counting);
    assert.equal(readings, 1, 'one reading for all metrics of a scrape: they belong together');
  });
});

it('buckets rise', () => {
  for (let at = 1; at < requestDurationBuckets.length; at++) {
    assert.ok(requestDurationBuckets[at]! > requestDurationBuckets[at - 1]!);
  }
});
