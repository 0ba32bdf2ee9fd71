import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { GeneratorResult } from '../../loadtest/generator-types.ts';
import { type Accounts, type FoundInSpool, reconcile } from '../../loadtest/reconcile.ts';
import { serverIncidents } from '../../loadtest/server-incidents.ts';
import { ledgerOfRun, type RunLedger, type ServerStats } from '../../loadtest/server-stats.ts';
import { judge, type RunOutcome } from '../../loadtest/verdict.ts';

/** A ledger in which 100 records were offered and delivered, but for `changes`. */
const ledger = (changes: Partial<RunLedger> = {}): RunLedger => ({
  offered: 100,
  delivered: 100,
  dropped: {},
  spooled: 0,
  queued: 0,
  inFlight: 0,
  unconfirmed: 0,
  earlier: 0,
  spooledBefore: 0,
  restarted: false,
  ...changes,
});

const inTopic = (count: number, spool: FoundInSpool | null = null): Accounts['found'] => ({
  kind: 'topic',
  count,
  spool,
});
const besides = (count: number, alsoInTopic: number | null = 0): FoundInSpool => ({ count, alsoInTopic });
const inSpool = (count: number): Accounts['found'] => ({ kind: 'spool', count, spool: null });
const spooled = (count: number, changes: Partial<RunLedger> = {}): RunLedger =>
  ledger({ delivered: 0, spooled: count, ...changes });

interface Case {
  readonly what: string;
  readonly answered?: number;
  readonly ledger: RunLedger | null;
  readonly found: Accounts['found'];
  readonly reconciled: boolean | null;
  /** One for each reason, in order. */
  readonly because?: readonly RegExp[];
}

const cases: readonly Case[] = [
  { what: 'every answer is a record in the topic', ledger: ledger(), found: inTopic(100), reconciled: true },
  {
    what: 'a record that was dropped is not in the topic, and is accounted for',
    ledger: ledger({ delivered: 90, dropped: { queue_full: 10 } }),
    found: inTopic(90),
    reconciled: true,
  },
  {
    what: 'a dropped record that had been on the wire may be in the topic',
    ledger: ledger({ delivered: 90, dropped: { delivery_timeout: 10 }, unconfirmed: 10 }),
    found: inTopic(97),
    reconciled: true,
  },
  {
    what: 'or not be in it',
    ledger: ledger({ delivered: 90, dropped: { delivery_timeout: 10 }, unconfirmed: 10 }),
    found: inTopic(90),
    reconciled: true,
  },
  {
    what: 'what overflowed is found in the spool',
    ledger: ledger({ delivered: 60, spooled: 40 }),
    found: inTopic(60, besides(40)),
    reconciled: true,
  },
  {
    what: 'what overflowed had been on the wire, and is in the topic too',
    ledger: ledger({ delivered: 60, spooled: 40 }),
    found: inTopic(75, besides(40, 15)),
    reconciled: true,
  },
  {
    what: 'what overflowed was played back after the last look at the ledger',
    ledger: ledger({ delivered: 60, spooled: 40 }),
    found: inTopic(90, besides(10)),
    reconciled: true,
  },
  {
    what: 'a record that counts as spooled is not in the spool beside the topic',
    ledger: ledger({ delivered: 60, spooled: 40 }),
    found: inTopic(60, besides(39)),
    reconciled: false,
    because: [
      /1 record unaccounted for: 100 were offered, 60 are in the topic, 39 in the spool and 0 dropped\./,
    ],
  },
  {
    what: 'nobody could look into the spool',
    ledger: ledger({ delivered: 60, spooled: 40 }),
    found: inTopic(60),
    reconciled: false,
    because: [/40 records unaccounted for: .* it has a spool, which could not be looked into \(name it with/],
  },
  {
    what: 'more is in the spool than can be explained',
    ledger: ledger({ delivered: 60, spooled: 40 }),
    found: inTopic(60, besides(43)),
    reconciled: false,
    because: [
      /3 records too many: 100 were offered, but 60 are in the topic, 43 in the spool and 0 dropped\./,
    ],
  },
  {
    what: 'records without ids are in the spool, and may be in the topic too',
    ledger: ledger({ delivered: 60, spooled: 40 }),
    found: inTopic(75, besides(40, null)),
    reconciled: true,
  },
  {
    what: 'the server offered fewer records than it gave answers',
    ledger: ledger({ offered: 99, delivered: 99 }),
    found: inTopic(99),
    reconciled: false,
    because: [/offered 99 records to its log for 100 answers\./],
  },
  {
    what: 'the server offered more records than it gave answers',
    ledger: ledger({ offered: 101, delivered: 101 }),
    found: inTopic(101),
    reconciled: false,
    because: [/offered 101 records.*others may use it/],
  },
  {
    what: 'a record that counts as delivered is not in the topic',
    ledger: ledger(),
    found: inTopic(99),
    reconciled: false,
    because: [
      /1 record missing: the server counts 100 as delivered, but 99 are in the topic/,
      /1 record unaccounted/,
    ],
  },
  {
    what: 'more records are in the topic than the server can explain',
    ledger: ledger({ delivered: 90, dropped: { queue_full: 10 }, unconfirmed: 2 }),
    found: inTopic(95),
    reconciled: false,
    because: [/3 records too many: 100 were offered, but 95 are in the topic and 10 dropped\./],
  },
  {
    what: 'a record vanished between offer and outcome',
    ledger: ledger({ delivered: 99 }),
    found: inTopic(99),
    reconciled: false,
    because: [/1 record unaccounted for: 100 were offered, 99 are in the topic and 0 dropped\./],
  },
  {
    what: 'the queue did not empty in time',
    ledger: ledger({ delivered: 70, queued: 20, inFlight: 10 }),
    found: inTopic(70),
    reconciled: false,
    because: [/20 records were still queued and 10 in flight/, /30 records unaccounted/],
  },
  {
    what: 'a spool of older records was replayed meanwhile',
    ledger: ledger({ delivered: 150, spooled: -50, spooledBefore: 50 }),
    found: inTopic(100),
    reconciled: true,
  },
  {
    what: 'every answer is a record in the spool',
    ledger: spooled(100),
    found: inSpool(100),
    reconciled: true,
  },
  {
    what: 'a record that counts as spooled is not in the spool',
    ledger: spooled(100),
    found: inSpool(98),
    reconciled: false,
    because: [
      /2 records missing: the server counts 100 as spooled, but 98 are in the spool/,
      /2 records unaccounted/,
    ],
  },
  {
    what: 'the spool refused some records',
    ledger: spooled(80, { dropped: { spool_full: 20 } }),
    found: inSpool(80),
    reconciled: true,
  },
  {
    what: 'a full spool gave up rows that were older than the run',
    ledger: spooled(40, { dropped: { expired: 60 }, spooledBefore: 60 }),
    found: inSpool(100),
    reconciled: true,
  },
  {
    what: 'a full spool gave up rows of the run',
    ledger: spooled(40, { dropped: { expired: 60 } }),
    found: inSpool(40),
    reconciled: true,
  },
  {
    what: 'what is in the spool counts once, not as found and as spooled',
    ledger: spooled(60),
    found: inSpool(60),
    reconciled: false,
    because: [/40 records unaccounted/],
  },
  {
    what: 'nothing was answered and nothing recorded',
    answered: 0,
    ledger: ledger({ offered: 0, delivered: 0 }),
    found: inTopic(0),
    reconciled: true,
  },
  { what: 'there is no ledger', ledger: null, found: null, reconciled: null },
  { what: 'nobody could look for the records', ledger: ledger(), found: null, reconciled: null },
  {
    what: 'nobody could look for the records, and the counts differ already',
    ledger: ledger({ offered: 5 }),
    found: null,
    reconciled: false,
    because: [/offered 5 records/],
  },
  {
    what: 'the server was started anew during the run',
    ledger: ledger({ offered: 30, delivered: 30, restarted: true }),
    found: inTopic(100),
    reconciled: false,
    because: [/restarted/],
  },
];

describe('accounts are compared when', () => {
  for (const { what, answered = 100, ledger, found, reconciled, because = [] } of cases) {
    test(what, () => {
      const result = reconcile({ answered, ledger, found });
      assert.equal(result.reconciled, reconciled, result.reasons.join(' '));
      assert.equal(result.reasons.length, because.length, result.reasons.join(' '));
      for (const [index, pattern] of because.entries()) assert.match(result.reasons[index]!, pattern);
    });
  }
});

test('the ledger of a run is the difference of two readings, but for what is queued now', () => {
  const reading = (uptimeSeconds: number, n: number): ServerStats => ({
    uptimeSeconds,
    ledger: {
      offered: 10 * n,
      delivered: 8 * n,
      dropped: { queue_full: 3, rejected: n },
      spooled: n,
      queued: n,
      inFlight: 2 * n,
      unconfirmed: n,
    },
    queue: { records: 0 },
    sink: { kind: 'kafka' },
  });
  assert.deepEqual(ledgerOfRun(reading(5, 10), reading(15, 30)), {
    offered: 200,
    delivered: 160,
    dropped: { rejected: 20 },
    spooled: 20,
    queued: 30,
    inFlight: 60,
    unconfirmed: 20,
    earlier: 30,
    spooledBefore: 10,
    restarted: false,
  });
  assert.equal(ledgerOfRun(reading(15, 10), reading(5, 30)).restarted, true);
});

/** A run of 100 requests at 10 a second in which all was well, but for `changes` to what the generator tells. */
function outcome(changes: Partial<GeneratorResult> = {}, rest: Partial<RunOutcome> = {}): RunOutcome {
  const times = { p50: 1, p90: 1, p99: 1, p999: 1, max: 1 };
  const generator: GeneratorResult = {
    scheduled: 100,
    sent: 100,
    answered: 100,
    failed: 0,
    failures: {},
    statuses: { 301: 100 },
    elapsedSeconds: 10,
    achievedRps: 10,
    latencyMs: times,
    latencyDistribution: [],
    measured: 100,
    startedAt: 0,
    spacingErrorMs: { p50: 0.1, p99: 1, max: 2 },
    connections: 10,
    cpu: 0.1,
    loopLagMs: { p99: 1, max: 2 },
    generatorLimited: false,
    limitedReason: null,
    timeline: [],
    ...changes,
  };
  return {
    rps: 10,
    thresholds: { maxP99Ms: undefined, maxDrop: 0, minRps: undefined },
    generator,
    ledger: ledger(),
    reconciliation: { reconciled: true, reasons: [] },
    incidents: [],
    ...rest,
  };
}

test('a run in which all was well passes, without a reason', () => {
  assert.deepEqual(judge(outcome()), { verdict: 'pass', reasons: [] });
  assert.equal(judge(outcome({ achievedRps: 9.9 })).verdict, 'pass');
  assert.equal(judge(outcome({}, { ledger: null })).verdict, 'pass');
});

describe('a run fails with a sentence that has its numbers when', () => {
  const failing: Record<string, [RunOutcome, RegExp]> = {
    'the rate was missed by more than 1 %': [
      outcome({ achievedRps: 9.89 }),
      /^9\.9 answers a second were reached of the 10 asked for \(98\.9 %\)\.$/,
    ],
    'a request failed': [
      outcome({ failed: 3, failures: { timeout: 1, 'status 404': 2 } }),
      /^3 of 100 requests failed: 2 status 404, 1 timeout\.$/,
    ],
    'a record was dropped': [
      outcome({}, { ledger: ledger({ dropped: { queue_full: 5, expired: 1 } }) }),
      /^The server dropped 6 of 100 records: 5 queue_full, 1 expired\.$/,
    ],
    'the p99 is above what is allowed': [
      outcome(
        { latencyMs: { p50: 1, p90: 2, p99: 7.5, p999: 9, max: 9 } },
        { thresholds: { maxP99Ms: 5, maxDrop: 0, minRps: undefined } },
      ),
      /^The p99 of the latency was 7\.5 ms, and at most 5 ms is wanted\.$/,
    ],
    'more was dropped than is allowed': [
      outcome(
        {},
        {
          thresholds: { maxP99Ms: undefined, maxDrop: 0.05, minRps: undefined },
          ledger: ledger({ dropped: { queue_full: 6 } }),
        },
      ),
      /^The server dropped 6 of 100 records: 6 queue_full, and at most 5 may be\.$/,
    ],
    'fewer answers were reached than are wanted': [
      outcome({ achievedRps: 9 }, { thresholds: { maxP99Ms: undefined, maxDrop: 0, minRps: 9.5 } }),
      /^9 answers a second were reached, and at least 9\.5 are wanted\.$/,
    ],
    'the generator was the limit': [
      outcome({ generatorLimited: true, limitedReason: 'it used 0.99 of a core' }),
      /generator itself could not keep up: it used 0\.99 of a core\.$/,
    ],
    'the accounts differ': [
      outcome({}, { reconciliation: { reconciled: false, reasons: ['1 record missing.'] } }),
      /^1 record missing\.$/,
    ],
    'the server came to grief': [
      outcome({}, { incidents: ['The server ended with exit code 3.'] }),
      /^The server ended/,
    ],
  };
  for (const [what, [run, sentence]] of Object.entries(failing)) {
    test(what, () => {
      const { verdict, reasons } = judge(run);
      assert.equal(verdict, 'fail');
      assert.equal(reasons.length, 1, reasons.join(' '));
      assert.match(reasons[0]!, sentence);
    });
  }

  test('nothing was answered at all, also with --max', () => {
    const run = outcome({ sent: 0, answered: 0, achievedRps: 0 }, { rps: null });
    assert.deepEqual(judge(run).reasons, ['Not one request was answered.']);
  });
});

test('thresholds that are kept fail nothing, and --min-rps takes the place of the rate asked for', () => {
  const thresholds = { maxP99Ms: 1, maxDrop: 0.05, minRps: 5 };
  const run = outcome({ achievedRps: 5 }, { thresholds, ledger: ledger({ dropped: { queue_full: 5 } }) });
  assert.deepEqual(judge(run).reasons, []);
});

test('with --max the generator is allowed to be the limit', () => {
  const run = outcome({ generatorLimited: true, limitedReason: 'it used 1.00 cores' }, { rps: null });
  assert.equal(judge(run).verdict, 'pass');
});

test('the end of the server tells what its counts did not', () => {
  const shutdown = { event: 'shutdown', reason: 'SIGTERM', lost: 4, drainSeconds: 0.1 } as const;
  const end = { code: 0, signal: null, shutdown };
  assert.deepEqual(serverIncidents(end, ledger({ dropped: { queue_full: 4 } }), false), []);
  assert.match(serverIncidents(end, ledger(), false)[0]!, /lost 4 records/);
  assert.match(serverIncidents(end, undefined, true)[0]!, /ended during the run with exit code 0/);
  assert.match(serverIncidents({ ...end, code: 3 }, ledger(), false)[0]!, /ended with exit code 3/);
  assert.match(
    serverIncidents({ ...end, code: null, signal: 'SIGKILL' }, ledger(), true)[0]!,
    /SIGKILL during/,
  );
  assert.match(serverIncidents({ ...end, shutdown: undefined }, ledger(), false)[0]!, /without the line/);
});
