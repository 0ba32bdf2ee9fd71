import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tracePicture } from '../../scripts/docs/trace-picture.ts';
import type { JaegerSpan } from '../support/jaeger-trace.ts';

const span = (changes: Partial<JaegerSpan>): JaegerSpan => ({
  traceId: '1'.repeat(32),
  spanId: 'a',
  parentSpanId: undefined,
  name: 'GET /*',
  kind: 'SERVER',
  attributes: {},
  status: { code: 'UNSET', message: '' },
  startTime: 0n,
  endTime: 40_000_000n,
  events: [],
  links: [],
  resource: { 'service.name': 'redirector' },
  scope: '',
  ...changes,
});

/** The texts of a picture, from top to bottom. */
const textsOf = (picture: string): string[] =>
  [...picture.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map((match) => match[1]!);

describe('the picture of a trace', () => {
  it('has each span under its parent, those of one parent in the order of their time', () => {
    const spans = [
      span({ spanId: 'late', parentSpanId: 'b', name: 'late', startTime: 30_000_000n }),
      span({ spanId: 'early', parentSpanId: 'b', name: 'early', startTime: 20_000_000n }),
      span({ spanId: 'b', parentSpanId: 'a', name: 'child' }),
      span({ spanId: 'a', parentSpanId: 'not here', name: 'root' }),
    ];
    const names = textsOf(tracePicture(spans, 'a')).filter((text) => /^[a-z]+$/.test(text));
    assert.deepEqual(names, ['root', 'child', 'early', 'late']);
  });

  it('tells how long each took, where its record is, and why it failed', () => {
    const attributes = { 'messaging.destination.partition.id': '3', 'messaging.kafka.offset': 7 };
    const delivered = textsOf(tracePicture([span({ attributes })], 'a'));
    assert.ok(delivered.includes('40 ms, partition 3, offset 7'), delivered.join('\n'));
    const status = { code: 'ERROR', message: 'queue_full' } as const;
    const dropped = textsOf(tracePicture([span({ status, endTime: 1_500_000n })], 'a'));
    assert.ok(dropped.includes('1.50 ms, error: queue_full'), dropped.join('\n'));
  });

  it('has what spans are named as text, not as markup', () => {
    const picture = tracePicture([span({ name: '<GET> & more' })], 'A <caption>');
    assert.match(picture, />&lt;GET&gt; &amp; more</);
    assert.match(picture, /<title>A &lt;caption&gt;<\/title>/);
  });
});
