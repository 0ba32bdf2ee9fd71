import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { againstDocument, formatAgainst } from '../../loadtest/bench/against.ts';
import { judge, keepBaseline, readBaseline } from '../../loadtest/bench/check.ts';
import { markdown, reportOf } from '../../loadtest/bench/markdown.ts';
import type { Sample } from '../../loadtest/bench/measure.ts';
import { memoryBoundMiB, memoryBoundText, memoryReport } from '../../loadtest/bench/memory.ts';
import { plot } from '../../loadtest/bench/plot.ts';
import { settled } from '../../loadtest/bench/settled.ts';

const sample: Sample = {
  cpuMicrosPerRequest: 12,
  rps: 80_000,
  p99Ms: 2,
  p999Ms: 4,
  peakRssBytes: 100 * 2 ** 20,
  recordsMissing: 0,
  recordsDropped: 0,
  spansReceived: null,
  errors: 0,
  own: { delayP99Ms: 11 },
};
const options = {
  peers: [],
  rounds: 3,
  seconds: 1,
  warmupSeconds: 1,
  partitions: 1,
  rps: undefined,
  brokers: undefined,
  update: false,
};
const document = againstDocument(
  options,
  {
    outcomes: [
      {
        name: 'redirector',
        recordFields: 11,
        samples: [14, 15, 26].map((cpuMicrosPerRequest) => ({ ...sample, cpuMicrosPerRequest })),
      },
      {
        name: 'express-bare',
        recordFields: 0,
        samples: [10, 10, 20].map((cpuMicrosPerRequest) => ({
          ...sample,
          cpuMicrosPerRequest,
          recordsMissing: null,
          p999Ms: null,
          own: {},
        })),
      },
      { name: 'a|b', unavailable: 'there is no <nginx>' },
    ],
    load: 'wrk',
    notes: ['each server on core 0'],
  },
  'express-bare',
  'cpuMicrosPerRequest',
);

suite('ratios against one peer', () => {
  test('are of the figures of the same round', () => {
    assert.deepEqual(document.ratios, { 'redirector/express-bare': { median: 1.4, min: 1.3, max: 1.5 } });
    assert.match(
      formatAgainst(document, 'cpuMicrosPerRequest', ['and more']),
      /^redirector\/express-bare: 1\.400 \(1\.300-1\.500\) of the CPU per request\nand more$/m,
    );
  });
});

suite('the guard', () => {
  const kept = (ratio: number) => judge(document, { ratio, machine: 'any' });

  test('is content up to 15 % above the ratio that is kept, and not beyond', () => {
    assert.equal(kept(1.4).good, true);
    assert.equal(kept(1.22).good, true);
    assert.equal(kept(1.2).good, false);
    assert.match(kept(1.2).sentence, /is 1\.400, 1\.167 times the 1\.200 that is kept; more than the 1\.15/);
  });

  test('is not content with a run that lacks one of the two', () => {
    assert.deepEqual(judge({ ...document, ratios: {} }, { ratio: 1, machine: '' }), {
      good: false,
      sentence: 'redirector/express-bare was not measured',
    });
  });

  test('keeps the ratio of a run, with the machine, and none of a run that has none', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'bench-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'baseline.json');
    keepBaseline(document, file);
    assert.deepEqual(readBaseline(file), { ratio: 1.4, machine: document.machine });
    assert.throws(() => keepBaseline({ ...document, ratios: {} }, file), /was not measured/);
    assert.equal(readBaseline(file).ratio, 1.4);
  });

  test('has a ratio in the repository', () => {
    assert.ok(readBaseline().ratio > 0.5);
  });
});

suite('a report of a run', () => {
  test('is a Markdown table with a row for every peer, also for one that could not be had', () => {
    const lines = markdown(document).split('\n');
    assert.equal(
      lines[0],
      '|  | CPU us/request | rps | p99 ms | p99.9 ms | fields | missing | dropped | errors | peak MiB | delayP99Ms |',
    );
    assert.equal(
      lines[2],
      '| redirector | 15.0 (14.0-26.0) | 80000 | 2.00 | 4.00 (4.00-4.00) | 11 | 0 | 0 | 0 | 100 | 11.0 (11.0-11.0) |',
    );
    assert.match(lines[3]!, /^\| express-bare \| .* \| {2}\| no log \| {2}\| 0 \|/);
    assert.match(lines[4]!, /^\| a\\\|b \| unavailable: there is no <nginx> \|( {2}\|){9}$/);
  });

  test('is a plot of those that were measured, the cheapest first', () => {
    const svg = plot(document);
    assert.ok(svg.indexOf('>express-bare<') < svg.indexOf('>redirector<'));
    assert.match(svg, /<rect class="own" .*\n.*\n<text [^>]*>15\.0</);
    assert.doesNotMatch(svg, /nginx|NaN/);
  });

  test('is made from a file, with the plot beside it', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'bench-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const [file, svg] = [join(folder, 'bench.json'), join(folder, 'bench.svg')];
    writeFileSync(file, JSON.stringify(document));
    assert.equal(reportOf({ file, svg }), markdown(document));
    assert.equal(readFileSync(svg, 'utf8'), plot(document));
    writeFileSync(file, '{}');
    assert.throws(() => reportOf({ file, svg: undefined }), /it has no results/);
  });
});

suite('waiting for what is left to be done', () => {
  const { signal } = new AbortController();
  const counting = (...counts: (number | null)[]) => {
    let calls = 0;
    return { count: async () => counts[Math.min(calls++, counts.length - 1)]!, calls: () => calls };
  };

  test('ends when as many records are there as there were answers', async () => {
    const topic = counting(1, 5, 10);
    await settled(topic.count, 10, { stillMs: 60_000, signal });
    assert.equal(topic.calls(), 3);
  });

  test('ends when no more records come', async () => {
    const topic = counting(1, 5, 5);
    await settled(topic.count, 10, { stillMs: 1, signal });
    assert.equal(topic.calls(), 3);
  });

  test('does not wait where no records are counted', async () => {
    const topic = counting(null);
    await settled(topic.count, 10, { stillMs: 60_000, signal });
    assert.equal(topic.calls(), 1);
  });
});

suite('the bench of memory', () => {
  const report = (peakMiB: number) => {
    const own = { boundMiB: memoryBoundMiB(2, 10) };
    const samples = [100, peakMiB].map((mib) => ({ ...sample, peakRssBytes: mib * 2 ** 20, own }));
    const outcomes = [
      { name: 'running', recordFields: 11, samples },
      { name: 'outage', unavailable: 'no Kafka' },
    ];
    return memoryReport(options, { outcomes, load: '', notes: [] });
  };

  test('is good when no round was above the bound, which grows with listeners and the queue', () => {
    const { valid, text } = report(memoryBoundMiB(1, 0));
    assert.ok(valid);
    assert.match(text, /running had 170 MiB at its peak, of 230 that may be/);
  });

  test('fails when one was', () => {
    const { valid, text } = report(231);
    assert.ok(!valid);
    assert.match(text, /TOO LARGE: running/);
  });

  test('judges by what the documentation promises', () => {
    const page = readFileSync(new URL('../../docs/performance.md', import.meta.url), 'utf8');
    assert.ok(page.replaceAll('\n', ' ').includes(memoryBoundText), memoryBoundText);
  });
});
