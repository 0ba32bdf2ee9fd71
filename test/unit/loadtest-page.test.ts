import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { flowOf, flowSums } from '../../loadtest/html/flow.ts';
import { html, jsonForScript } from '../../loadtest/html/markup.ts';
import { linearScale, logScale, percentileScale } from '../../loadtest/html/scale.ts';

const server = {
  offered: 95,
  delivered: 70,
  dropped: { queue_full: 5 },
  spooled: 20,
  unconfirmed: 0,
  queued: 0,
  inFlight: 0,
  rssBytes: null,
  drainSeconds: null,
};
const overflow = { count: 22, alsoInTopic: 2 };
const topic = { kind: 'topic', name: 't', temporary: true, found: 70, duplicates: 0 } as const;

describe('the picture of the reconciliation', () => {
  test('has sums that add up', () => {
    const sums = flowSums(flowOf({ sent: 100, answered: 95, server, topic, overflow }));
    assert.deepEqual(sums, [
      '100 sent = 95 answered + 5 no answer',
      '95 answered = 95 offered to the log',
      '95 offered to the log = 70 delivered + 20 in the spool + 5 dropped: queue_full',
      '70 delivered + 20 in the spool = 70 found in the topic + 20 found in the spool',
    ]);
  });

  test('shows what is missing, and what is there beyond what was counted', () => {
    const missing = flowOf({
      sent: 95,
      answered: 95,
      server: { ...server, spooled: 18 },
      topic: { ...topic, found: 60 },
      overflow: null,
    });
    assert.equal(missing[3]?.at(-1)?.name, 'of before the run, or unaccounted');
    assert.equal(missing[3]?.at(-1)?.count, 2);
    assert.equal(flowSums(missing).at(-1), '70 delivered = 60 found in the topic + 10 not found');
    const more = flowOf({ sent: 95, answered: 95, server, topic: { ...topic, found: 75 }, overflow: null });
    assert.equal(flowSums(more).at(-1), '75 found in the topic = 70 delivered + 5 more');
  });

  test('ends with the answers where nobody tells of records', () => {
    const flow = flowOf({ sent: 10, answered: 10, server: null, topic: null, overflow: null });
    assert.deepEqual(flowSums(flow), ['10 sent = 10 answered']);
  });
});

test('what is put into markup is escaped, and a document cannot end its script', () => {
  assert.equal(
    html`<p title="${'"'}">${'<&>'} ${[1, html`<b>`]}</p>`.text,
    '<p title="&quot;">&lt;&amp;&gt; 1<b></p>',
  );
  const script = jsonForScript({ a: '</script><!--' }).text;
  assert.ok(!script.includes('<'));
  assert.deepEqual(JSON.parse(script), { a: '</script><!--' });
});

describe('an axis', () => {
  test('from 0 ends at a round number, or at the highest value', () => {
    const labels = (highest: number, tight = false) =>
      linearScale(highest, tight).ticks.map(({ label }) => label);
    assert.deepEqual(labels(15_000), ['0', '5000', '10k', '15k']);
    assert.deepEqual(labels(0), ['0', '0.5', '1']);
    assert.deepEqual(labels(4.4, true), ['0', '2', '4']);
    assert.equal(linearScale(4.4, true).at(4.4), 1);
  });

  test('of powers of ten has one at each end', () => {
    const scale = logScale(0.3, 250);
    assert.deepEqual(
      scale.ticks.map(({ value }) => value),
      [0.1, 1, 10, 100, 1000],
    );
    assert.deepEqual([scale.at(0), scale.at(0.1), scale.at(10), scale.at(1e9)], [0, 0, 0.5, 1]);
  });

  test('of percentiles gives each nine the same room', () => {
    const scale = percentileScale(99.99);
    assert.deepEqual(
      scale.ticks.map(({ label }) => label),
      ['0%', '50%', '90%', '99%', '99.9%', '99.99%'],
    );
    assert.ok(Math.abs(scale.at(99) - 0.5) < 1e-9);
    assert.equal(scale.at(100), 1);
  });
});
