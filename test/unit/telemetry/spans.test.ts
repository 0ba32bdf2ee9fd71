import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { diag, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import {
  AlwaysOnSampler,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import * as stable from '@opentelemetry/semantic-conventions';
import * as incubating from '@opentelemetry/semantic-conventions/incubating';
import type { BatchFate, ClickNote } from '../../../src/telemetry/notes.ts';
import { makeOwnStats, type OwnStats } from '../../../src/telemetry/own-stats.ts';
import { SpanIds } from '../../../src/telemetry/span-ids.ts';
import { ClickSpans, type ClickSpansOptions } from '../../../src/telemetry/spans.ts';
import { randomHex } from '../../../src/telemetry/traceparent.ts';

const NOW = Date.now();

const note = (changes: Partial<ClickNote> = {}): ClickNote => ({
  traceId: randomHex(16),
  spanId: randomHex(8),
  parentSpanId: randomHex(8),
  traceState: undefined,
  producerSpanId: randomHex(8),
  startTime: NOW + 0.25,
  answeredTime: NOW + 0.5,
  method: 'GET',
  route: '/*',
  path: '/a?b=c',
  status: 301,
  clientAddress: '192.0.2.1:40000',
  peerAddress: '192.0.2.1:40000',
  host: 'example.com:8080',
  userAgent: 'test/1',
  protocolVersion: '1.1',
  topic: 0,
  record: { kind: 'accepted', slab: 3, generation: 7, place: 2 },
  ...changes,
});

const fate = (changes: Partial<BatchFate> = {}): BatchFate => ({
  slab: 3,
  generation: 7,
  records: 10,
  topic: 0,
  traced: true,
  openedTime: NOW,
  takenTime: NOW + 5,
  outcome: { kind: 'delivered' },
  place: { topic: 'log', partition: 4, baseOffset: 1000n },
  time: NOW + 20,
  ...changes,
});

/** Spans as they are exported, and a maker of what makes them. */
function exported() {
  const exporter = new InMemorySpanExporter();
  const ids = new SpanIds();
  const spanProcessors = [new SimpleSpanProcessor({ exporter })];
  const provider = new TracerProvider({ sampler: new AlwaysOnSampler(), idGenerator: ids, spanProcessors });
  const own = makeOwnStats();
  const makeClicks = (changes: Partial<ClickSpansOptions> = {}): ClickSpans =>
    new ClickSpans({
      tracer: provider.getTracer('test'),
      ids,
      own,
      scheme: 'http',
      topicName: () => 'log',
      lostRatio: 1,
      lostSpansPerSecond: 5,
      ...changes,
    });
  return { exporter, own, makeClicks };
}

describe('a traced redirect', () => {
  let exporter: InMemorySpanExporter;
  let clicks: ClickSpans;
  let own: OwnStats;

  beforeEach(() => {
    const fresh = exported();
    ({ exporter, own } = fresh);
    clicks = fresh.makeClicks();
  });

  const spanOf = (kind: SpanKind): ReadableSpan => {
    const found = exporter.getFinishedSpans().filter((span) => span.kind === kind);
    assert.equal(found.length, 1);
    return found[0]!;
  };
  const milliseconds = ([seconds, nanos]: readonly [number, number]): number => seconds * 1000 + nanos / 1e6;

  it('has a SERVER span under the caller, with the ids of the note', () => {
    const told = note();
    clicks.answered(told);
    const server = spanOf(SpanKind.SERVER);
    assert.equal(server.name, 'GET /*');
    assert.equal(server.spanContext().traceId, told.traceId);
    assert.equal(server.spanContext().spanId, told.spanId);
    assert.equal(server.parentSpanContext?.spanId, told.parentSpanId);
    assert.deepEqual(server.attributes, {
      'http.request.method': 'GET',
      'http.response.status_code': 301,
      'url.scheme': 'http',
      'url.path': '/a',
      'url.query': 'b=c',
      'http.route': '/*',
      'server.address': 'example.com',
      'server.port': 8080,
      'user_agent.original': 'test/1',
      'client.address': '192.0.2.1',
      'network.peer.address': '192.0.2.1',
      'network.peer.port': 40000,
      'network.protocol.version': '1.1',
    });
  });

  it('tells the scheme by which redirects are served', () => {
    const secure = exported();
    secure.makeClicks({ scheme: 'https' }).answered(note());
    assert.equal(secure.exporter.getFinishedSpans()[0]!.attributes['url.scheme'], 'https');
  });

  it('without a caller is the root of its trace', () => {
    const told = note({ parentSpanId: undefined });
    clicks.answered(told);
    assert.equal(spanOf(SpanKind.SERVER).parentSpanContext, undefined);
    assert.equal(spanOf(SpanKind.SERVER).spanContext().traceId, told.traceId);
  });

  it('has a PRODUCER span from the push to the ack, with the place of its record', () => {
    const told = note();
    clicks.answered(told);
    assert.equal(exporter.getFinishedSpans().length, 1, 'no fate, no PRODUCER span');
    clicks.settled(fate(), 'kafka');
    const producer = spanOf(SpanKind.PRODUCER);
    assert.equal(producer.name, 'send log');
    assert.equal(producer.spanContext().spanId, told.producerSpanId);
    assert.equal(producer.parentSpanContext?.spanId, told.spanId);
    assert.equal(producer.spanContext().traceId, told.traceId);
    assert.equal(producer.attributes['messaging.destination.partition.id'], '4');
    assert.equal(producer.attributes['messaging.kafka.offset'], 1002);
    assert.equal(producer.status.code, SpanStatusCode.UNSET);
    assert.ok(Math.abs(milliseconds(producer.startTime) - told.answeredTime) < 0.01);
    assert.ok(Math.abs(milliseconds(producer.endTime) - (NOW + 20)) < 0.01);
  });

  it('has it too when the fate comes before the note, as they come from two threads', () => {
    clicks.settled(fate(), 'kafka');
    clicks.answered(note());
    assert.equal(spanOf(SpanKind.PRODUCER).attributes['messaging.kafka.offset'], 1002);
  });

  it('ends no earlier than it began, and without a complaint, when the clock was set back meanwhile', (t) => {
    const warnings: string[] = [];
    const log = (): void => {};
    diag.setLogger({ error: log, warn: (text) => warnings.push(text), info: log, debug: log, verbose: log });
    t.after(() => diag.disable());
    clicks.answered(note());
    clicks.settled(fate({ time: NOW - 1000 }), 'kafka');
    const [, producer] = exporter.getFinishedSpans();
    assert.deepEqual(producer!.duration, [0, 0]);
    assert.deepEqual(warnings, []);
  });

  it('is not mistaken for one of another filling of the same slab', () => {
    clicks.settled(fate({ generation: 6 }), 'kafka');
    clicks.answered(note());
    clicks.settled(fate({ generation: 8 }), 'kafka');
    assert.equal(exporter.getFinishedSpans().length, 1);
    clicks.settled(fate(), 'kafka');
    assert.equal(exporter.getFinishedSpans().length, 3);
  });

  it('tells of a dropped batch by status ERROR and the reason', () => {
    clicks.answered(note());
    clicks.settled(
      fate({ outcome: { kind: 'dropped', reason: 'delivery_timeout' }, place: undefined }),
      'kafka',
    );
    const producer = spanOf(SpanKind.PRODUCER);
    assert.deepEqual(producer.status, { code: SpanStatusCode.ERROR, message: 'delivery_timeout' });
    assert.equal(producer.attributes['error.type'], 'delivery_timeout');
    assert.equal(producer.attributes['messaging.destination.name'], 'log');
  });

  it('tells of a record that was never queued at once', () => {
    clicks.answered(note({ record: { kind: 'dropped', reason: 'queue_full' } }));
    assert.equal(spanOf(SpanKind.PRODUCER).status.message, 'queue_full');
    assert.equal(spanOf(SpanKind.PRODUCER).name, 'send log');
  });

  it("carries the caller's tracestate", () => {
    clicks.answered(note({ traceState: 'vendor=1,other=2' }));
    assert.equal(spanOf(SpanKind.SERVER).spanContext().traceState?.serialize(), 'vendor=1,other=2');
  });

  const hosts: [host: string, address: string, port: number | undefined][] = [
    ['example.com', 'example.com', undefined],
    ['[::1]:8080', '::1', 8080],
    ['[::1]', '::1', undefined],
    ['', '', undefined],
  ];
  for (const [host, address, port] of hosts) {
    it(`to Host "${host}" tells server.address and server.port apart`, () => {
      clicks.answered(note({ host }));
      const { attributes } = spanOf(SpanKind.SERVER);
      assert.equal(attributes['server.address'], address);
      assert.equal(attributes['server.port'], port);
    });
  }

  it('from an IPv6 client has its address without brackets', () => {
    clicks.answered(note({ clientAddress: '[2001:db8::1]:5', peerAddress: '[2001:db8::1]:5' }));
    assert.equal(spanOf(SpanKind.SERVER).attributes['client.address'], '2001:db8::1');
    assert.equal(spanOf(SpanKind.SERVER).attributes['network.peer.port'], 5);
  });

  it('by a method outside of the standard is told as _OTHER, so that names stay few', () => {
    clicks.answered(note({ method: 'PROPFIND', route: undefined, status: 405 }));
    const server = spanOf(SpanKind.SERVER);
    assert.equal(server.name, 'HTTP');
    assert.equal(server.attributes['http.request.method'], '_OTHER');
    assert.equal(server.attributes['http.request.method_original'], 'PROPFIND');
  });

  it('uses attributes of the semantic conventions, or our own prefix', () => {
    const known = new Set<unknown>();
    for (const [name, value] of Object.entries({ ...stable, ...incubating }))
      if (name.startsWith('ATTR_')) known.add(value);
    clicks.answered(note());
    clicks.settled(fate(), 'kafka');
    clicks.answered(note({ method: 'BREW', record: { kind: 'dropped', reason: 'queue_full' } }));
    for (const span of exporter.getFinishedSpans()) {
      for (const attribute of Object.keys(span.attributes)) {
        assert.ok(known.has(attribute) || attribute.startsWith('redirector.'), attribute);
      }
    }
    const { attributes } = exporter.getFinishedSpans()[1]!;
    assert.equal(attributes['messaging.system'], incubating.MESSAGING_SYSTEM_VALUE_KAFKA);
    assert.equal(attributes['messaging.operation.type'], incubating.MESSAGING_OPERATION_TYPE_VALUE_SEND);
  });

  it('that was dropped when it was offered has a record of no batch', () => {
    clicks.answered(note({ record: { kind: 'dropped', reason: 'queue_full' } }));
    const { attributes, links } = spanOf(SpanKind.PRODUCER);
    assert.equal(attributes['redirector.batch.records'], undefined);
    assert.deepEqual(links, []);
  });

  it('whose fate never comes costs bounded memory, and the oldest is given up and counted', () => {
    for (let generation = 0; generation < 20_005; generation++) {
      clicks.answered(note({ record: { kind: 'accepted', slab: 0, generation, place: 0 } }));
    }
    assert.equal(own.spansGivenUp, 5);
  });
});

describe('a batch', () => {
  let exporter: InMemorySpanExporter;
  let makeClicks: (changes?: Partial<ClickSpansOptions>) => ClickSpans;
  let clicks: ClickSpans;
  let own: OwnStats;

  beforeEach(() => {
    ({ exporter, own, makeClicks } = exported());
    clicks = makeClicks();
  });
  const spansOf = (kind: SpanKind): ReadableSpan[] =>
    exporter.getFinishedSpans().filter((span) => span.kind === kind);
  const place = (at: number): ClickNote['record'] => ({
    kind: 'accepted',
    slab: 3,
    generation: 7,
    place: at,
  });

  it('has a span under the first traced record in it, linked to all of them, and they to it', () => {
    const told = [note({ record: place(2) }), note({ record: place(5) })];
    for (const one of told) clicks.answered(one);
    clicks.settled(fate(), 'kafka');
    const [batch, ...others] = spansOf(SpanKind.CLIENT);
    assert.deepEqual(others, []);
    assert.equal(batch!.name, 'produce log');
    assert.equal(batch!.spanContext().traceId, told[0]!.traceId);
    assert.equal(batch!.parentSpanContext?.spanId, told[0]!.producerSpanId);
    assert.deepEqual(
      batch!.links.map(({ context }) => [context.traceId, context.spanId]),
      told.map(({ traceId, producerSpanId }) => [traceId, producerSpanId]),
    );
    const producers = spansOf(SpanKind.PRODUCER);
    assert.equal(producers.length, 2);
    for (const { links } of producers) {
      assert.deepEqual(
        links.map(({ context }) => context.spanId),
        [batch!.spanContext().spanId],
      );
    }
  });

  it('lasts from when it was taken to its fate, and tells how many records it has and where they are', () => {
    clicks.answered(note());
    clicks.settled(fate(), 'kafka');
    const [batch] = spansOf(SpanKind.CLIENT);
    assert.ok(Math.abs(batch!.startTime[0] * 1000 + batch!.startTime[1] / 1e6 - (NOW + 5)) < 0.01);
    assert.ok(Math.abs(batch!.endTime[0] * 1000 + batch!.endTime[1] / 1e6 - (NOW + 20)) < 0.01);
    assert.deepEqual(batch!.attributes, {
      'messaging.system': 'kafka',
      'messaging.operation.name': 'produce',
      'messaging.operation.type': 'send',
      'messaging.destination.name': 'log',
      'messaging.batch.message_count': 10,
      'messaging.destination.partition.id': '4',
      'redirector.batch.records': 10,
      'redirector.batch.outcome': 'delivered',
    });
    assert.equal(batch!.status.code, SpanStatusCode.UNSET);
  });

  it('has one span also where its fate comes between the notes of its records', () => {
    clicks.answered(note({ record: place(0) }));
    clicks.settled(fate(), 'kafka');
    clicks.answered(note({ record: place(1) }));
    const [batch, ...others] = spansOf(SpanKind.CLIENT);
    assert.deepEqual(others, []);
    const late = spansOf(SpanKind.PRODUCER)[1]!;
    assert.equal(late.links[0]!.context.spanId, batch!.spanContext().spanId);
  });

  it('that went to the spool or standard output is told by what wrote it', () => {
    clicks.answered(note());
    clicks.settled(fate({ outcome: { kind: 'spooled' }, place: undefined }), 'spool');
    clicks.answered(note({ record: { kind: 'accepted', slab: 3, generation: 8, place: 0 } }));
    clicks.settled(fate({ generation: 8, place: undefined }), 'stdout');
    assert.deepEqual(
      spansOf(SpanKind.INTERNAL).map(({ name }) => name),
      ['write spool', 'write stdout'],
    );
  });

  it('that nothing had taken has no span beside those of its records', () => {
    clicks.answered(note());
    const dropped = { outcome: { kind: 'dropped', reason: 'evicted' }, place: undefined } as const;
    clicks.settled(fate({ ...dropped, takenTime: undefined }), undefined);
    assert.equal(exporter.getFinishedSpans().length, 2);
    assert.deepEqual(spansOf(SpanKind.PRODUCER)[0]!.links, []);
  });

  const lost = { traced: false, outcome: { kind: 'dropped', reason: 'evicted' }, place: undefined } as const;

  it('that is lost with no record traced has a span of its own, with the reason', () => {
    clicks.settled(fate({ ...lost, takenTime: undefined }), undefined);
    clicks.settled(fate({ ...lost, outcome: { kind: 'dropped', reason: 'rejected' } }), 'kafka');
    const [evicted, rejected] = exporter.getFinishedSpans();
    assert.equal(evicted!.name, 'drop batch');
    assert.deepEqual(evicted!.status, { code: SpanStatusCode.ERROR, message: 'evicted' });
    assert.equal(evicted!.parentSpanContext, undefined);
    assert.equal(rejected!.name, 'produce log');
    assert.equal(rejected!.attributes['error.type'], 'rejected');
    assert.notEqual(evicted!.spanContext().traceId, rejected!.spanContext().traceId);
  });

  it('that is lost so has a span by the ratio for errors, within the limit, and the excess is counted', () => {
    const none = makeClicks({ lostRatio: 0 });
    none.settled(fate(lost), 'kafka');
    assert.equal(exporter.getFinishedSpans().length, 0);
    for (let batch = 0; batch < 50; batch++) clicks.settled(fate(lost), 'kafka');
    const made = exporter.getFinishedSpans().length;
    assert.ok(made >= 5 && made < 50, String(made));
    assert.equal(own.batchesLimited, 50 - made);
  });
});
