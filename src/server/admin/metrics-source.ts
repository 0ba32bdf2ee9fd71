/** Reads the metrics of the table from the server's own figures: the same that /api/v1/stats shows. */
import type { Config } from '../../config.ts';
import { redirectScheme } from '../../hosts.ts';
import type { Exemplars } from '../../telemetry/exemplars.ts';
import { countOf } from '../../telemetry/histogram-cells.ts';
import type { LoopWindow } from '../../telemetry/loop-stats.ts';
import type {
  HistogramPoint,
  MetricReading,
  MetricsSource,
  NumberPoint,
} from '../../telemetry/metric-reading.ts';
import type { OwnStats } from '../../telemetry/own-stats.ts';
import type { RequestStats } from '../../telemetry/request-stats.ts';
import type { SinkFigures, SinkStats } from '../../telemetry/sink-stats.ts';
import { dropReasons } from '../queue/drop-reason.ts';
import type { TopicTable } from '../queue/topic-table.ts';
import { type ProcessFigures, processFigures } from './process-figures.ts';
import type { Stats, StatsReader } from './stats.ts';

/** What the metrics are read from. */
export interface MetricsParts {
  readonly config: Pick<Config, 'sink' | 'topic' | 'https.cert'>;
  /** Its first topic is that of the configuration. */
  readonly topics: Pick<TopicTable, 'size'>;
  readonly stats: StatsReader;
  readonly requests: RequestStats;
  readonly exemplars: Exemplars;
  readonly sinks: SinkStats;
  readonly own: OwnStats;
  /** Threads that are replaced when they die. */
  threads(): readonly { readonly name: string; readonly restarts: number }[];
  /** The event loop of every thread, undefined where it has told nothing lately. */
  loops(): readonly { readonly name: string; readonly loop: LoopWindow | undefined }[];
}

/** Some of the metrics, and nothing else. */
type Part = Partial<MetricReading>;

const one = (value: number): [NumberPoint] => [{ value }];
const oneIf = (value: number | null | undefined): NumberPoint[] => (value == null ? [] : one(value));

export function metricsSource(parts: MetricsParts): MetricsSource {
  return {
    observe() {
      const stats = parts.stats.read();
      const sinks = parts.sinks.read();
      return {
        ...requestMetrics(parts),
        ...recordMetrics(stats),
        ...queueMetrics(stats),
        ...batchMetrics(sinks),
        ...sinkMetrics(parts, stats, sinks),
        ...threadMetrics(parts),
        ...processMetrics(processFigures(), stats.version),
        ...ruleMetrics(stats),
        ...telemetryMetrics(parts),
      };
    },
  };
}

const requestMetrics = ({ config, requests, exemplars }: MetricsParts) =>
  ({
    'http.server.request.duration': requests.series().map((series): HistogramPoint => {
      const { method, status, durations } = series;
      const attributes = {
        'http.request.method': method,
        'http.response.status_code': status,
        'url.scheme': redirectScheme(config),
      };
      return { value: durations, attributes, exemplars: exemplars.of(series) };
    }),
    'http.server.active_requests': one(requests.waiting),
    'redirector.connections.open': one(requests.connections),
    'redirector.connections.refused': requests.refused().map(({ reason, count }) => ({
      value: count,
      attributes: { 'redirector.refusal.reason': reason },
    })),
    'redirector.requests.refused': requests.badRequests().map(({ status, count }) => ({
      value: count,
      attributes: { 'http.response.status_code': status },
    })),
  }) satisfies Part;

const recordMetrics = ({ ledger, possibleDuplicates }: Stats) =>
  ({
    'redirector.records.inherited': one(ledger.inherited),
    'redirector.records.offered': one(ledger.offered),
    'redirector.records.delivered': one(ledger.delivered),
    // Every reason is there from the start, at 0: a rate of a series that appears late misses its first drops.
    'redirector.records.dropped': dropReasons.map((reason) => ({
      value: ledger.dropped[reason] ?? 0,
      attributes: { 'redirector.drop.reason': reason },
    })),
    'redirector.records.unconfirmed': one(ledger.unconfirmed),
    'redirector.records.possible_duplicates': one(possibleDuplicates),
    'redirector.records.spooled': one(ledger.spooled),
    'redirector.records.queued': one(ledger.queued),
    'redirector.records.in_flight': one(ledger.inFlight),
    'redirector.records.unaccounted': one(ledger.unaccounted),
  }) satisfies Part;

const queueMetrics = ({ queue }: Stats) =>
  ({
    'redirector.queue.usage': one(queue.bytes),
    'redirector.queue.limit': one(queue.maxBytes),
    'redirector.queue.usage_high_water': one(queue.highWaterBytes),
    'redirector.queue.records_high_water': one(queue.highWaterRecords),
    'redirector.queue.oldest_age': one(queue.oldestAgeSeconds),
    'redirector.queue.oldest_age_high_water': one(queue.highWaterAgeSeconds),
    'redirector.queue.time_until_full': oneIf(queue.secondsUntilFull),
  }) satisfies Part;

const batchMetrics = ({ batchRecords, batchSize, delivery }: SinkFigures) =>
  ({
    'redirector.batch.records': [{ value: batchRecords }],
    'redirector.batch.size': [{ value: batchSize }],
    'redirector.batch.delivery.duration': delivery.map(({ outcome, durations }) => ({
      value: durations,
      attributes: { 'redirector.batch.outcome': outcome },
    })),
  }) satisfies Part;

function sinkMetrics({ config, topics }: MetricsParts, { sink, spool }: Stats, figures: SinkFigures) {
  const { retries, reconnects, requests, spoolWrite } = figures;
  const kafka = {
    'messaging.system': 'kafka',
    'messaging.operation.name': 'produce',
    // One request carries batches of several topics, where there are several.
    ...(topics.size === 1 ? { 'messaging.destination.name': config.topic } : {}),
  };
  return {
    'messaging.client.operation.duration': requests
      .filter(({ durations }) => countOf(durations) > 0)
      .map(({ error, durations }) => ({
        value: durations,
        attributes: error === undefined ? kafka : { ...kafka, 'error.type': error },
      })),
    'redirector.sink.retries': one(retries),
    'redirector.sink.reconnects': one(reconnects),
    'redirector.sink.connected': one(Number(sink.state === 'connected')),
    'redirector.sink.partitions': oneIf(sink.partitions),
    'redirector.spool.usage': one(spool.bytes),
    'redirector.spool.limit': one(spool.maxBytes),
    'redirector.spool.connected': spool.state === 'unused' ? [] : one(Number(spool.state === 'connected')),
    'redirector.spool.write.duration': [{ value: spoolWrite }],
  } satisfies Part;
}

function threadMetrics({ threads, loops }: MetricsParts) {
  const told = loops().flatMap(({ name, loop }) => (loop === undefined ? [] : [{ name, loop }]));
  const each = (value: (loop: LoopWindow) => number): NumberPoint[] =>
    told.map(({ name, loop }) => ({ value: value(loop), attributes: { 'thread.name': name } }));
  return {
    'redirector.thread.restarts': threads().map(({ name, restarts }) => ({
      value: restarts,
      attributes: { 'thread.name': name },
    })),
    'nodejs.eventloop.delay.p50': each(({ p50 }) => p50 / 1000),
    'nodejs.eventloop.delay.p99': each(({ p99 }) => p99 / 1000),
    'nodejs.eventloop.delay.max': each(({ max }) => max / 1000),
    'nodejs.eventloop.utilization': each(({ busy, idle }) => busy / (busy + idle)),
  } satisfies Part;
}

const processMetrics = (figures: ProcessFigures, version: string) =>
  ({
    'process.cpu.time': (['user', 'system'] as const).map((mode) => ({
      value: figures[mode],
      attributes: { 'cpu.mode': mode },
    })),
    'process.memory.usage': one(figures.rss),
    'process.uptime': one(figures.uptimeSeconds),
    'process.unix.file_descriptor.count': oneIf(figures.fileDescriptors),
    'redirector.build.info': [
      {
        value: 1,
        attributes: { 'service.version': version, 'process.runtime.version': process.versions.node },
      },
    ],
  }) satisfies Part;

const ruleMetrics = ({ rules }: Stats) =>
  ({
    'redirector.rules.version': one(rules.version),
    'redirector.rules.info':
      rules.hash === null ? [] : [{ value: 1, attributes: { 'redirector.rules.hash': rules.hash } }],
    'redirector.rules.refused': one(Number(rules.lastError !== null)),
  }) satisfies Part;

function telemetryMetrics({ own, requests }: MetricsParts) {
  const ended = (well: number, failed: number): NumberPoint[] => [
    { value: well },
    { value: failed, attributes: { 'error.type': 'failed' } },
  ];
  return {
    'redirector.traces.sampled': one(own.tracesSampled),
    'redirector.traces.limited': one(requests.limited + own.batchesLimited),
    'otel.sdk.processor.span.processed': [
      { value: own.spansExported + own.spansFailed },
      { value: own.spansDropped, attributes: { 'error.type': 'queue_full' } },
      { value: own.spansGivenUp, attributes: { 'error.type': 'given_up' } },
    ],
    'otel.sdk.exporter.span.exported': ended(own.spansExported, own.spansFailed),
    'otel.sdk.exporter.metric_data_point.exported': ended(own.pointsExported, own.pointsFailed),
    'otel.sdk.exporter.log.exported': ended(own.logsExported, own.logsFailed),
  } satisfies Part;
}
