/** Reads the metrics of names.ts from the server's own figures: the same that /api/v1/stats shows. */
import type { MetricsSource } from '../../telemetry/metrics.ts';
import { dropReasons } from '../queue/drop-reason.ts';
import type { StatsReader } from './stats.ts';

export function metricsSource(reader: StatsReader): MetricsSource {
  return {
    duration: () => reader.requests.duration(),
    observe() {
      const { requests, ledger, possibleDuplicates, queue, sink, spool, listeners } = reader.read();
      const one = (value: number) => [{ value }];
      return {
        'redirector.answers': Object.entries(requests.byStatus).map(([status, value]) => ({
          value,
          attributes: { 'http.response.status_code': Number(status) },
        })),
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
        'redirector.queue.usage': one(queue.bytes),
        'redirector.queue.limit': one(queue.maxBytes),
        'redirector.queue.high_water': one(queue.highWaterBytes),
        'redirector.queue.oldest_age': one(queue.oldestAgeSeconds),
        'redirector.spool.usage': one(spool.bytes),
        'redirector.sink.connected': one(sink.state === 'connected' ? 1 : 0),
        'redirector.listener.restarts': one(listeners.reduce((sum, { restarts }) => sum + restarts, 0)),
      };
    },
  };
}
