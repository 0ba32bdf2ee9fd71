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
  remoteAddress: '127.0.0.1:50000',
  host: 'localhost:8080',
  userAgent: 'curl',
  protocolVersion: '1.1',
  record: { kind: 'accepted', slab: 0, generation: 1, place: 0 },
};
const fate: BatchFate = {
  slab: 0,
  generation: 1,
  records: 1,
  outcome: { kind: 'delivered' },
  place: { topic: 'log', partition: 0, baseOffset: 7n },
  time: 3,
};

/** Every attribute of the spans that notes and fates make, by kind. */
function attributesMade(): Record<'SERVER' | 'PRODUCER', Set<string>> {
  const made = { SERVER: new Set<string>(), PRODUCER: new Set<string>() };
  const tracer = {
    startSpan(_name: string, { kind, attributes = {} }: SpanOptions, _context: Context) {
      const names = kind === SpanKind.SERVER ? made.SERVER : made.PRODUCER;
      for (const name of Object.keys(attributes satisfies Attributes)) names.add(name);
      return trace.wrapSpanContext({ traceId: note.traceId, spanId: note.spanId, traceFlags: 1 });
    },
  } as unknown as Tracer;
  const clicks = new ClickSpans(tracer, new SpanIds(), 'log');
  clicks.answered(note);
  clicks.settled(fate);
  clicks.answered({
    ...note,
    method: 'BREW',
    record: { kind: 'accepted', slab: 0, generation: 2, place: 0 },
  });
  clicks.settled({
    ...fate,
    generation: 2,
    outcome: { kind: 'dropped', reason: 'rejected' },
    place: undefined,
  });
  clicks.answered({ ...note, record: { kind: 'dropped', reason: 'queue_full' } });
  return made;
}

describe('the tables of telemetry', () => {
  it('name exactly the attributes that spans carry', () => {
    const made = attributesMade();
    for (const { kind, attributes } of spans) {
      assert.deepEqual(Object.keys(attributes).sort(), [...made[kind]].sort(), kind);
    }
  });
});
