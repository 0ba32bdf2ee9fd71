import assert from 'node:assert/strict';
import process from 'node:process';
import { suite, test } from 'node:test';
import { lostAsTold, type Sample } from '../../loadtest/bench/measure.ts';
import { parseCoreList } from '../../loadtest/bench/pinning.ts';
import {
  parseProcStat,
  parseRss,
  processTree,
  treeCpuMicros,
  treePeakRssBytes,
} from '../../loadtest/bench/proc.ts';
import { type BenchDocument, benchDocument, figures, formatBench } from '../../loadtest/bench/report.ts';
import { median, ratios, rotated, spread } from '../../loadtest/bench/statistics.ts';
import { parseDuration, parseWrkOutput } from '../../loadtest/bench/wrk-output.ts';

const WRK = `Running 5s test @ http://127.0.0.1:8080/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   780.15us  311.41us   9.11ms   90.12%
    Req/Sec    78.90k     2.10k   82.01k    70.00%
  Latency Distribution
     50%  720.00us
     75%  850.00us
     90%    1.02ms
     99%    1.83ms
  392514 requests in 5.00s, 61.02MB read
Requests/sec:  78501.77
Transfer/sec:     12.20MB
`;
const WRK_WITH_ERRORS = WRK.replace(
  'Requests/sec:',
  '  Socket errors: connect 1, read 2, write 3, timeout 4\n  Non-2xx or 3xx responses: 514\nRequests/sec:',
);

const sample: Sample = {
  cpuMicrosPerRequest: 12,
  rps: 80_000,
  p99Ms: 2,
  p999Ms: null,
  peakRssBytes: 100 * 2 ** 20,
  recordsMissing: 0,
  recordsDropped: 0,
  spansReceived: null,
  errors: 0,
  own: {},
};

suite('what wrk prints', () => {
  test('is read as answers, rate and 99th percentile', () => {
    assert.deepEqual(parseWrkOutput(WRK), {
      answered: 392_514,
      rps: 78_501.77,
      p99Ms: 1.83,
      p999Ms: null,
      errors: 0,
    });
  });

  test('an answer with a bad status is an error and no answer; failed connections are errors', () => {
    assert.deepEqual(parseWrkOutput(WRK_WITH_ERRORS), {
      answered: 392_000,
      rps: 78_501.77,
      p99Ms: 1.83,
      p999Ms: null,
      errors: 1 + 2 + 3 + 4 + 514,
    });
  });

  test('times come in any of its units', () => {
    assert.equal(parseDuration('500.00us'), 0.5);
    assert.equal(parseDuration('1.25ms'), 1.25);
    assert.equal(parseDuration('2.00s'), 2_000);
    assert.equal(parseDuration('1.50m'), 90_000);
    assert.throws(() => parseDuration('soon'), /not a time that wrk prints: soon/);
  });

  test('output without a figure is refused, and the figure named', () => {
    assert.throws(
      () => parseWrkOutput('unable to connect'),
      /did not print the number of requests: unable to connect/,
    );
  });
});

suite('what /proc says', () => {
  const line = (pid: number, parent: number, name = 'node') =>
    `${pid} (${name}) S ${parent} ${pid} 1 0 -1 4194560 1 2 3 4 300 50 7 3 20 0 11 0 5000 1 2 3`;

  test('CPU time is that of the process and of children it has waited for', () => {
    assert.deepEqual(parseProcStat(line(42, 7)), { pid: 42, parentPid: 7, cpuTicks: 360 });
  });

  test('a name with spaces and parentheses does not shift the fields', () => {
    assert.deepEqual(parseProcStat(line(42, 7, 'a) R 1 (b')), { pid: 42, parentPid: 7, cpuTicks: 360 });
  });

  test('what is no stat line is refused', () => {
    assert.throws(() => parseProcStat('42 node S'), /not a line of/);
  });

  test('a tree is a process with its children and theirs, and no others', () => {
    const all = [line(1, 0), line(10, 1), line(11, 10), line(12, 11), line(13, 1)].map(parseProcStat);
    assert.deepEqual(
      processTree(10, all).map((stat) => stat.pid),
      [10, 11, 12],
    );
    assert.deepEqual(processTree(99, all), []);
  });

  test('resident memory, now and at its peak, is in bytes', () => {
    const status = 'Name:\tnode\nVmHWM:\t    2048 kB\nVmRSS:\t 1024 kB\n';
    assert.equal(parseRss(status, 'VmHWM'), 2 * 2 ** 20);
    assert.equal(parseRss(status, 'VmRSS'), 2 ** 20);
    assert.equal(parseRss('Name:\tzombie\n', 'VmHWM'), 0);
  });

  test('the running process has used CPU and memory', { skip: process.platform !== 'linux' }, () => {
    assert.ok(treeCpuMicros(process.pid) > 0);
    assert.ok(treePeakRssBytes(process.pid) > 2 ** 20);
  });

  test('cores are listed as the kernel writes them', () => {
    assert.deepEqual(parseCoreList('0-2,5\n'), [0, 1, 2, 5]);
    assert.deepEqual(parseCoreList('3'), [3]);
    assert.deepEqual(parseCoreList(''), []);
  });
});

suite('figures over rounds', () => {
  test('the median is the middle value, or between the two middle ones', () => {
    assert.equal(median([30, 1, 2]), 2);
    assert.equal(median([4, 1, 3, 2]), 2.5);
    assert.throws(() => median([]), RangeError);
  });

  test('the spread is the least and the greatest', () => {
    assert.deepEqual(spread([3, 1, 2]), { min: 1, max: 3 });
    assert.throws(() => spread([]), RangeError);
  });

  test('ratios are of the first against each other one, and none without it', () => {
    const cpu = new Map([
      ['redirector', 12],
      ['go', 16],
      ['idle', 0],
    ]);
    assert.deepEqual(ratios('redirector', cpu), { 'redirector/go': 0.75 });
    assert.deepEqual(ratios('nginx', cpu), {});
  });

  test('rounds rotate, so that each peer comes first in turn', () => {
    const order = [0, 1, 2, 3].map((round) => rotated(['A', 'B', 'C'], round).join(''));
    assert.deepEqual(order, ['ABC', 'BCA', 'CAB', 'ABC']);
    assert.deepEqual(rotated([], 2), []);
  });

  test('a loss in one round shows, though the median of the losses is 0', () => {
    const samples = [sample, { ...sample, recordsMissing: 500, cpuMicrosPerRequest: 18 }, sample];
    const result = figures({ name: 'go', recordFields: 3, samples });
    assert.equal(result.recordsMissing, 500);
    assert.equal(result.cpuMicrosPerRequest, 12);
    assert.deepEqual(result.spread.cpuMicrosPerRequest, { min: 12, max: 18 });
  });

  test('a peer without a log misses nothing and has nothing', () => {
    assert.equal(
      figures({ name: 'bare', recordFields: 0, samples: [{ ...sample, recordsMissing: null }] })
        .recordsMissing,
      null,
    );
  });

  test('what a peer lost is read from its shutdown line, and from nothing else', () => {
    assert.equal(lostAsTold('{"event":"shutdown","lost":3}'), 3);
    assert.equal(lostAsTold('{"event":"shutdown"}'), null);
    assert.equal(lostAsTold('bye'), null);
    assert.equal(lostAsTold(null), null);
  });
});

suite('the report', () => {
  const document: BenchDocument = benchDocument(
    {
      peers: [],
      rounds: 2,
      seconds: 1,
      warmupSeconds: 1,
      partitions: 1,
      rps: undefined,
      brokers: undefined,
      update: false,
    },
    {
      outcomes: [
        { name: 'redirector', recordFields: 11, samples: [sample, sample] },
        { name: 'go', unavailable: 'Go is not installed' },
        {
          name: 'express-bare',
          recordFields: 0,
          samples: [{ ...sample, cpuMicrosPerRequest: 10, recordsMissing: null }],
        },
      ],
      load: 'wrk',
      notes: ['each server on core 0, the load on core 1'],
    },
  );

  test('keeps a peer that is not there, with the reason, and measures the others', () => {
    assert.deepEqual(
      document.results.map((result) => result.name),
      ['redirector', 'go', 'express-bare'],
    );
    assert.deepEqual(document.results[1], { name: 'go', unavailable: 'Go is not installed' });
    assert.deepEqual(document.ratios, { 'redirector/express-bare': 1.2 });
  });

  test('as a table names every peer, every note and the machine', () => {
    const table = formatBench(document);
    assert.match(table, /^redirector +12\.0 \(12\.0-12\.0\) +80000 +2\.00 +11 +0 +0 +0 +100$/m);
    assert.match(table, /^go +unavailable: Go is not installed$/m);
    assert.match(table, /^redirector\/express-bare: 1\.20 of the CPU per request$/m);
    for (const line of [...document.notes, document.machine]) assert.ok(table.includes(line), line);
  });
});
