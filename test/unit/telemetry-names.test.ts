import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Attributes,
  type Context,
  SpanKind,
  type SpanOptions,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { spans } from '../../src/telemetry/names.ts';
import type { BatchFate, ClickNote } from '../../src/telemetry/notes.ts';
import { makeOwnStats } from '../../src/telemetry/own-stats.ts';
import { SpanIds } from '../../src/telemetry/span-ids.ts';
import { ClickSpans } from '../../src/telemetry/spans.ts';

const note: ClickNote = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  parentSpanId: undefined,
  traceState: undefined,
  producerSpanId: '886bb77936158ccb',
  startTime: 1,
  answeredTime: 2,
  method: 'GET',
  route: '/spring',
  path: '/spring?from=mail',
  status: 301,
  clientAddress: '127.0.0.1:50000',
  peerAddress: '127.0.0.1:50000',
  host: 'localhost:8080',
  userAgent: 'curl',
  protocolVersion: '1.1',
  topic: 0,
  record: { kind: 'accepted', slab: 0, generation: 1, place: 0 },
};
const fate: BatchFate = {
  slab: 0,
  generation: 1,
  records: 1,
  topic: 0,
  traced: true,
  openedTime: 1,
  takenTime: 2,
  outcome: { kind: 'delivered' },
  place: { topic: 'log', partition: 0, baseOffset: 7n },
  time: 3,
};

/** Every attribute of the spans that notes and fates make, by the name that the table has for them. */
function attributesMade(): Map<string, Set<string>> {
  const made = new Map<string, Set<string>>();
  const tableName = (name: string, kind: SpanKind | undefined): string => {
    if (kind === SpanKind.SERVER) return '{http.request.method} {http.route}';
    return name
      .replace(/^(send|produce) log$/, '$1 {messaging.destination.name}')
      .replace(/^write .*/, 'write {spool|stdout}');
  };
  const tracer = {
    startSpan(name: string, { kind, attributes = {} }: SpanOptions, _context: Context) {
      const key = `${SpanKind[kind!]} ${tableName(name, kind)}`;
      const names = made.get(key) ?? new Set();
      made.set(key, names);
      for (const attribute of Object.keys(attributes satisfies Attributes)) names.add(attribute);
      return trace.wrapSpanContext({ traceId: note.traceId, spanId: note.spanId, traceFlags: 1 });
    },
  } as unknown as Tracer;
  const options = {
    tracer,
    ids: new SpanIds(),
    own: makeOwnStats(),
    scheme: 'http' as const,
    topicName: () => 'log',
    lostRatio: 1,
    lostSpansPerSecond: 100,
  };
  const clicks = new ClickSpans(options);
  const dropped = { outcome: { kind: 'dropped', reason: 'rejected' }, place: undefined } as const;
  clicks.answered(note);
  clicks.settled(fate, 'kafka');
  clicks.answered({
    ...note,
    method: 'BREW',
    record: { kind: 'accepted', slab: 0, generation: 2, place: 0 },
  });
  clicks.settled({ ...fate, ...dropped, generation: 2 }, 'kafka');
  clicks.answered({ ...note, record: { kind: 'dropped', reason: 'queue_full' } });
  for (const taker of ['spool', undefined] as const) {
    clicks.settled({ ...fate, ...dropped, traced: false }, taker);
    clicks.settled({ ...fate, ...dropped, traced: false, place: fate.place }, taker);
  }
  return made;
}

describe('the tables of telemetry', () => {
  it('name exactly the attributes that spans carry', () => {
    const made = attributesMade();
    assert.deepEqual(new Set(spans.map(({ name, kind }) => `${kind} ${name}`)), new Set(made.keys()));
    for (const { name, kind, attributes } of spans) {
      assert.deepEqual(Object.keys(attributes).sort(), [...made.get(`${kind} ${name}`)!].sort(), name);
    }
  });
});
