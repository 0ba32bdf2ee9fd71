import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Exemplars } from '../../../src/telemetry/exemplars.ts';
import { countOf } from '../../../src/telemetry/histogram-cells.ts';
import { allocateLoopStats, LoopStats } from '../../../src/telemetry/loop-stats.ts';
import { metrics } from '../../../src/telemetry/metric-names.ts';
import { allocateRequestStats, RequestStats } from '../../../src/telemetry/request-stats.ts';
import { allocateSinkStats, SinkStats, sinkRow } from '../../../src/telemetry/sink-stats.ts';

const { buckets } = metrics['http.server.request.duration'];

describe('the counts of answers', () => {
  it('are kept by method and status, over all listeners, with an unknown method as _OTHER', () => {
    const stats = new RequestStats(allocateRequestStats(2));
    stats.observe(0, 'GET', 301, 1);
    stats.observe(1, 'GET', 301, 2);
    stats.observe(1, 'HEAD', 404, 1);
    stats.observe(0, 'BREW', 405, 1);
    stats.observe(0, 'QUERY', 405, 1);
    const seen = stats.series().map(({ method, status, durations }) => [method, status, countOf(durations)]);
    assert.deepEqual(seen, [
      ['GET', 301, 2],
      ['HEAD', 404, 1],
      ['_OTHER', 405, 2],
    ]);
    assert.deepEqual(stats.byStatus(), { 301: 2, 404: 1, 405: 2 });
  });

  it('put a duration into the bucket whose upper bound it does not exceed', () => {
    const stats = new RequestStats(allocateRequestStats(1));
    for (const bound of buckets) stats.observe(0, 'GET', 301, bound * 1000);
    stats.observe(0, 'GET', 301, 10_001);
    const [series] = stats.series();
    assert.deepEqual(series!.durations.counts, [...buckets.map(() => 1), 1]);
    const sum = buckets.reduce((total, bound) => total + bound, 10.001);
    assert.ok(Math.abs(series!.durations.sum - sum) < 1e-6);
  });

  it('go on past 2^31', () => {
    const memory = allocateRequestStats(1);
    const stats = new RequestStats(memory);
    stats.observe(0, 'GET', 301, 0.001);
    const cells = new Float64Array(memory);
    cells[cells.indexOf(1)] = 2 ** 31 - 1;
    stats.observe(0, 'GET', 301, 0.001);
    assert.deepEqual(stats.byStatus(), { 301: 2 ** 31 });
  });

  it('lose what the clients of a dead listener held, and nothing else', () => {
    const stats = new RequestStats(allocateRequestStats(2));
    for (const listener of [0, 1]) {
      stats.addConnections(listener, 1);
      stats.addWaiting(listener, 1);
      stats.countLimited(listener);
      stats.observe(listener, 'GET', 301, 1);
    }
    stats.forgetClients(0);
    assert.deepEqual([stats.connections, stats.waiting, stats.limited], [1, 1, 2]);
    assert.deepEqual(stats.byStatus(), { 301: 2 });
  });
});

describe('the counts of sinks', () => {
  it('are summed over the threads, and go on with a successor', () => {
    const memory = allocateSinkStats();
    const shipper = new SinkStats(memory, sinkRow.shipper);
    shipper.batch('delivered', 10, 1000, 5);
    shipper.request(3);
    shipper.request(5000, 'timeout');
    shipper.retry();
    shipper.reconnect();
    const spooler = new SinkStats(memory, sinkRow.spooler);
    spooler.batch('spooled', 1000, 262_144, 130_000);
    spooler.spoolWrite(2);
    new SinkStats(memory, sinkRow.shipper).batch('dropped', 1, 200, 1);

    const read = new SinkStats(memory, sinkRow.shipper).read();
    assert.deepEqual([read.retries, read.reconnects], [1, 1]);
    assert.deepEqual([countOf(read.batchRecords), read.batchRecords.sum], [3, 1011]);
    assert.deepEqual([countOf(read.batchSize), read.batchSize.sum], [3, 263_344]);
    assert.equal(read.batchSize.counts.at(-1), 0, 'a full slab is within the last bound');
    assert.deepEqual(
      read.delivery.map(({ outcome, durations }) => [outcome, countOf(durations), durations.sum]),
      [
        ['delivered', 1, 0.005],
        ['spooled', 1, 130],
        ['dropped', 1, 0.001],
      ],
    );
    assert.deepEqual(
      read.requests.map(({ error, durations }) => [error, countOf(durations), durations.sum]),
      [
        [undefined, 1, 0.003],
        ['timeout', 1, 5],
        ['credentials', 0, 0],
        ['connection', 0, 0],
      ],
    );
    assert.deepEqual([countOf(read.spoolWrite), read.spoolWrite.sum], [1, 0.002]);
  });
});

describe('the event loop of a thread', () => {
  const window = (worst: number, busy = 10, idle = 90) => ({ p50: 1, p99: 2, max: worst, busy, idle });

  it('is that of the last two windows: the worse delays, and the times of both', () => {
    const stats = new LoopStats(allocateLoopStats(2));
    stats.publish(1, 0, window(7));
    stats.publish(1, 1, window(3, 50, 50));
    assert.deepEqual(stats.read(1, 45_000), { p50: 1, p99: 2, max: 7, busy: 60, idle: 140 });
    assert.equal(stats.read(0, 45_000), undefined);
  });

  it('is forgotten after a minute', () => {
    const stats = new LoopStats(allocateLoopStats(1));
    stats.publish(0, 0, window(7));
    stats.publish(0, 1, window(3));
    assert.equal(stats.read(0, 60_000)?.max, 3);
    assert.equal(stats.read(0, 90_000), undefined);
  });

  it('is not reset by being read', () => {
    const stats = new LoopStats(allocateLoopStats(1));
    stats.publish(0, 0, window(7));
    assert.deepEqual(stats.read(0, 1000), stats.read(0, 1000));
  });
});

describe('exemplars', () => {
  const of = (traceId: string, durationSeconds: number) => ({
    traceId,
    spanId: 'b',
    durationSeconds,
    timeMs: 1,
  });

  it('are the newest of each bucket and series', () => {
    const exemplars = new Exemplars();
    exemplars.note({ method: 'GET', status: 301 }, of('older', 0.00005));
    exemplars.note({ method: 'GET', status: 301 }, of('newer', 0.00001));
    exemplars.note({ method: 'GET', status: 301 }, of('slow', 11));
    exemplars.note({ method: 'BREW', status: 405 }, of('other', 0.00001));
    const get = exemplars.of({ method: 'GET', status: 301 });
    assert.equal(get[0]?.traceId, 'newer');
    assert.equal(get[buckets.length]?.traceId, 'slow');
    assert.equal(get.filter((one) => one !== undefined).length, 2);
    assert.equal(exemplars.of({ method: '_OTHER', status: 405 })[0]?.traceId, 'other');
    assert.deepEqual(exemplars.of({ method: 'HEAD', status: 301 }), []);
  });
});
