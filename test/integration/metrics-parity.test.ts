import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { OptionKey } from '../../src/options.ts';
import { click } from '../support/clicks.ts';
import {
  addExport,
  addScrape,
  exportedSamples,
  tableForOtlp,
  tableForPrometheus,
  Union,
} from '../support/exported-metrics.ts';
import { freePort } from '../support/free-port.ts';
import { temporaryDirectory } from '../support/guarded.ts';
import { ask } from '../support/http-client.ts';
import { evaluateInThread } from '../support/inspector.ts';
import { type KafkaCluster, startKafka } from '../support/kafka.ts';
import { serve } from '../support/kafka-server.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp-receiver.ts';
import { parsePrometheus, sampleValue } from '../support/prometheus.ts';
import { realPart } from '../support/real-parts.ts';
import { createTopic } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';

type Flags = Partial<Record<OptionKey, string | number>>;
type Server = Awaited<ReturnType<typeof serve>>;

describe('the metrics of servers to which everything happens', { skip: await realPart('kafka') }, () => {
  const scraped = new Union();
  const exported = new Union();
  let kafka: KafkaCluster;

  before(async () => {
    kafka = await startKafka();
  });
  after(() => kafka?.stop());

  /**
   * Runs a server until its metrics say what `expected` is, scraped by name and labels; then it is stopped, and what it
   * exports last is compared too, with what `last` expects.
   */
  async function run(
    flags: Flags,
    happen: (server: Server, inspector: number) => Promise<void>,
    expected: readonly [name: string, labels: Record<string, string>, value: (value: number) => boolean][],
    last: readonly [key: string, value: (value: number) => boolean][] = [],
  ): Promise<void> {
    await using receiver: OtlpReceiver = await startOtlpReceiver();
    const inspector = await freePort();
    await using server = await serve(flags, {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_METRIC_EXPORT_INTERVAL: '600000',
      NODE_OPTIONS: `--inspect=127.0.0.1:${inspector}`,
    });
    await happen(server, inspector);
    const scrape = async (): Promise<string> => (await ask(`${server.adminUrl}/metrics`)).body;
    await waitFor('the metrics to tell of it', scrape, {
      timeoutMs: 30_000,
      until: (text) => {
        const samples = parsePrometheus(text);
        return expected.every(([name, labels, isRight]) => isRight(sampleValue(samples, name, labels)));
      },
    });
    addScrape(scraped, await scrape());
    await server.stop();
    const [only, ...others] = receiver.metrics();
    assert.deepEqual(others, [], 'the interval is long: metrics leave once, at the end');
    const samples = exportedSamples(only!);
    for (const [key, isRight] of last)
      assert.ok(isRight(samples.get(key) ?? Number.NaN), `${key} ${samples.get(key)}`);
    addExport(exported, only!);
  }

  const is = (wanted: number) => (value: number) => value === wanted;
  const some = (value: number): boolean => value > 0;
  const brokers = (): string => kafka.brokers.join(',');
  const nowhere = async (): Promise<string> => `127.0.0.1:${await freePort()}`;
  const dropped = (reason: string, isRight = some): [string, Record<string, string>, typeof some] => [
    'redirector_records_dropped_total',
    { redirector_drop_reason: reason },
    isRight,
  ];
  const outcome = (name: string): [string, Record<string, string>, typeof some] => [
    'redirector_batch_delivery_duration_seconds_count',
    { redirector_batch_outcome: name },
    some,
  ];

  it('tell answers apart by method and status, and what Kafka took', async () => {
    const rules = join(temporaryDirectory('rules'), 'rules.yaml');
    writeFileSync(rules, 'rules:\n  - path: /temporary\n    target: https://example.com/\n    status: 302\n');
    const answers = (
      method: string,
      status: number,
      count: number,
    ): [string, Record<string, string>, typeof some] => [
      'http_server_request_duration_seconds_count',
      { http_request_method: method, http_response_status_code: String(status), url_scheme: 'http' },
      is(count),
    ];
    const topic = await createTopic(kafka.brokers, { partitions: 3 });
    const happen = async (server: Server): Promise<void> => {
      await click(server.url, 20);
      await ask(server.url, { method: 'HEAD' });
      await ask(`${server.url}/temporary`);
      await ask(server.url, { method: 'DELETE' });
      await ask(server.url, { method: 'PROPFIND' });
      await server.quiet(24);
    };
    await run({ brokers: brokers(), topic, rules, target: 'https://example.com/' }, happen, [
      answers('GET', 301, 20),
      answers('HEAD', 301, 1),
      answers('GET', 302, 1),
      answers('DELETE', 405, 1),
      answers('_OTHER', 405, 1),
      ['redirector_records_offered_total', {}, is(24)],
      ['redirector_records_delivered_total', {}, is(24)],
      ['redirector_batch_records_sum', {}, is(24)],
      outcome('delivered'),
      ['messaging_client_operation_duration_seconds_count', { messaging_destination_name: topic }, some],
      ['redirector_sink_connected', {}, is(1)],
      ['redirector_sink_partitions', {}, is(3)],
      ['redirector_sink_retries_total', {}, is(0)],
      ['redirector_sink_reconnects_total', {}, is(0)],
      ['redirector_queue_time_until_full_seconds', {}, some],
      ['nodejs_eventloop_utilization_ratio', { thread_name: 'supervisor' }, some],
      ['nodejs_eventloop_utilization_ratio', { thread_name: 'listener 0' }, some],
      ['nodejs_eventloop_delay_max_seconds', { thread_name: 'shipper' }, some],
    ]);
  });

  it('tell of a path that nothing stands for', async () => {
    const rules = join(temporaryDirectory('rules'), 'rules.yaml');
    writeFileSync(rules, 'rules:\n  - path: /here\n    target: https://example.com/\n');
    const happen = async (server: Server): Promise<void> => void (await ask(`${server.url}/nowhere`));
    const name = 'http_server_request_duration_seconds_count';
    await run({ rules }, happen, [[name, { http_response_status_code: '404' }, is(1)]]);
  });

  it('tell of a broker that does not answer for a while', async () => {
    const topic = await createTopic(kafka.brokers);
    const happen = async (server: Server): Promise<void> => {
      await click(server.url, 1);
      await server.quiet(1);
      await kafka.nodes[0]!.kill('SIGSTOP');
      try {
        await click(server.url, 1);
        await server.waitForStats('the trouble', ({ sink }) => sink.state === 'degraded', 30_000);
      } finally {
        await kafka.nodes[0]!.kill('SIGCONT');
      }
      await server.quiet(2);
    };
    await run({ brokers: brokers(), topic, 'request.timeout': '1s' }, happen, [
      ['messaging_client_operation_duration_seconds_count', { error_type: 'timeout' }, some],
      ['redirector_sink_retries_total', {}, some],
      ['redirector_sink_reconnects_total', {}, some],
      ['redirector_records_delivered_total', {}, is(2)],
    ]);
  });

  it('tell of records that the broker refuses', async () => {
    const topic = await createTopic(kafka.brokers, { config: { 'max.message.bytes': '100' } });
    await run({ brokers: brokers(), topic }, (server) => click(server.url, 1), [
      dropped('rejected', is(1)),
      outcome('dropped'),
    ]);
  });

  it('tell of a queue that is full, and of what is lost at the end', async () => {
    const happen = (server: Server): Promise<void> => click(server.url, 3000);
    const flags = { brokers: await nowhere(), 'queue.maxBytes': '512KiB', 'shutdown.deadline': '500ms' };
    await run(
      flags,
      happen,
      [
        dropped('queue_full'),
        ['redirector_sink_connected', {}, is(0)],
        ['redirector_queue_usage_high_water_bytes', {}, is(524_288)],
        ['redirector_queue_oldest_age_high_water_seconds', {}, some],
      ],
      [['redirector_records_dropped_total [["redirector_drop_reason","shutdown_deadline"]]', some]],
    );
  });

  it('tell of old records that gave way to new ones', async () => {
    const flags = {
      brokers: await nowhere(),
      'queue.maxBytes': '512KiB',
      'queue.overflow': 'drop_oldest',
      'shutdown.deadline': '500ms',
    };
    await run(flags, (server) => click(server.url, 3000), [dropped('evicted')]);
  });

  it('tell of records that waited for too long', async () => {
    const flags = { brokers: await nowhere(), 'delivery.timeout': '1500ms', 'request.timeout': '1s' };
    await run(flags, (server) => click(server.url, 1), [
      dropped('delivery_timeout', is(1)),
      outcome('dropped'),
    ]);
  });

  it('tell of records in the spool, and of a listener that died', async () => {
    const happen = async (server: Server, inspector: number): Promise<void> => {
      await click(server.url, 10);
      await server.quiet(10);
      await evaluateInThread(inspector, 'listener 0', 'process.exit(1)');
      await server.waitForStats(
        'a new listener',
        ({ listeners: [first] }) => first?.state === 'running' && first.restarts === 1,
      );
    };
    await run({}, happen, [
      ['redirector_records_spooled', {}, is(10)],
      ['redirector_spool_connected', {}, is(1)],
      ['redirector_spool_write_duration_seconds_count', {}, some],
      outcome('spooled'),
      ['redirector_thread_restarts_total', { thread_name: 'listener 0' }, is(1)],
      ['redirector_thread_restarts_total', { thread_name: 'spooler' }, is(0)],
      ['redirector_connections_open', {}, is(0)],
      ['http_server_active_requests', {}, is(0)],
    ]);
  });

  it('are, over all of them, those of the table and no other, with its kinds, units, meanings and attributes', () => {
    assert.deepEqual(scraped.sorted(), tableForPrometheus(), 'at /metrics');
    assert.deepEqual(exported.sorted(), tableForOtlp(), 'by OTLP');
  });
});
