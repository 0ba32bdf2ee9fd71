import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Sample } from '../../loadtest/bench/measure.ts';
import type { BenchOptions, Outcome } from '../../loadtest/bench/run.ts';
import { formatTelemetry, telemetryDocument } from '../../loadtest/bench/telemetry.ts';
import { tracingPeers } from '../../loadtest/peers/index.ts';

const options: BenchOptions = {
  peers: tracingPeers,
  rounds: 3,
  seconds: 1,
  warmupSeconds: 1,
  partitions: 1,
  rps: undefined,
  brokers: undefined,
  update: false,
};

/** A peer with these microseconds a request, one a round, and so many spans in each. */
const outcome = (name: string, spans: number, ...cpu: number[]): Outcome => ({
  name,
  recordFields: 11,
  samples: cpu.map(
    (cpuMicrosPerRequest): Sample => ({
      cpuMicrosPerRequest,
      rps: 1_000,
      p99Ms: 1,
      p999Ms: null,
      peakRssBytes: 2 ** 20,
      recordsMissing: 0,
      recordsDropped: 0,
      spansReceived: spans,
      errors: 0,
      own: {},
    }),
  ),
});

const outcomes: Outcome[] = [
  outcome('redirector-off', 0, 20, 20, 40),
  outcome('redirector-0', 0, 20, 22, 40),
  outcome('redirector-1', 60, 21, 21, 42),
  outcome('redirector-100', 600, 30, 24, 48),
  outcome('stock-off', 0, 200, 200, 400),
  outcome('stock-100', 900, 400, 300, 480),
];
const document = telemetryDocument(options, { outcomes, load: 'wrk', notes: [] });

suite('the bench of telemetry', () => {
  test('compares each peer, round by round, with the same program that does not trace', () => {
    assert.deepEqual(Object.keys(document.ratios), [
      'redirector-0/redirector-off',
      'redirector-1/redirector-off',
      'redirector-100/redirector-off',
      'stock-100/stock-off',
    ]);
    // A machine that was slow for a whole round changes no ratio of that round.
    assert.deepEqual(document.ratios['redirector-1/redirector-off'], { median: 1.05, min: 1.05, max: 1.05 });
    assert.deepEqual(document.extraCpuMicros['redirector-100'], { median: 8, min: 4, max: 10 });
  });

  test('says what tracing all adds to Redirector against what it adds to the other', () => {
    assert.deepEqual(document.extraRatio, { median: 0.05, min: 0.04, max: 0.1 });
    const alone = outcomes.filter(({ name }) => name.startsWith('redirector'));
    assert.equal(telemetryDocument(options, { outcomes: alone, load: 'wrk', notes: [] }).extraRatio, null);
  });

  test('is not valid when spans came from a peer that is not to trace, or none from one that is', () => {
    assert.deepEqual([document.valid, document.reasons], [true, []]);
    const wrong = [outcome('redirector-0', 2, 20), outcome('redirector-1', 0, 20)];
    const { valid, reasons } = telemetryDocument(options, { outcomes: wrong, load: 'wrk', notes: [] });
    assert.equal(valid, false);
    assert.deepEqual(reasons, [
      'redirector-0 is not to trace, but 2 spans of it arrived',
      'redirector-1 traces, but no span of it arrived',
    ]);
  });

  test('is not valid when a peer did not carry the even load', () => {
    const run = { outcomes, load: 'even', notes: [] };
    assert.equal(telemetryDocument({ ...options, rps: 1_000 }, run).valid, true);
    const { reasons } = telemetryDocument({ ...options, rps: 2_000 }, run);
    assert.equal(reasons.length, outcomes.length);
    assert.equal(reasons[0], 'redirector-off answered 1000 of the 2000 requests a second');
  });

  test('shows all of it as lines', () => {
    const text = formatTelemetry({ ...document, reasons: ['it rained'] });
    assert.match(text, /^redirector-1\/redirector-off: 1\.050 \(1\.050-1\.050\) of the CPU per request$/m);
    assert.match(text, /^redirector-100: 8\.00 \(4\.00-10\.00\) us more a request$/m);
    assert.match(text, /^what tracing all adds, redirector\/stock: 0\.050 \(0\.040-0\.100\)$/m);
    assert.match(text, /^NOT VALID: it rained$/m);
  });
});
