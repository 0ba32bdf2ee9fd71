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
import { SpanIds } from '../../../src/telemetry/span-ids.ts';
import { ClickSpans } from '../../../src/telemetry/spans.ts';
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
  remoteAddress: '192.0.2.1:40000',
  host: 'example.com:8080',
  userAgent: 'test/1',
  protocolVersion: '1.1',
  record: { kind: 'accepted', slab: 3, generation: 7, place: 2 },
  ...changes,
});

const fate = (changes: Partial<BatchFate> = {}): BatchFate => ({
  slab: 3,
  generation: 7,
  records: 10,
  outcome: { kind: 'delivered' },
  place: { topic: 'log', partition: 4, baseOffset: 1000n },
  time: NOW + 20,
  ...changes,
});

describe('a traced redirect', () => {
  let exporter: InMemorySpanExporter;
  let clicks: ClickSpans;

  beforeEach(() => {
    exporter = new InMemorySpanExporter();
    const ids = new SpanIds();
    const spanProcessors = [new SimpleSpanProcessor({ exporter })];
    const provider = new TracerProvider({ sampler: new AlwaysOnSampler(), idGenerator: ids, spanProcessors });
    clicks = new ClickSpans(provider.getTracer('test'), ids, 'log');
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
    clicks.settled(fate());
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
    clicks.settled(fate());
    clicks.answered(note());
    assert.equal(spanOf(SpanKind.PRODUCER).attributes['messaging.kafka.offset'], 1002);
  });

  it('ends no earlier than it began, and without a complaint, when the clock was set back meanwhile', (t) => {
    const warnings: string[] = [];
    const log = (): void => {};
    diag.setLogger({ error: log, warn: (text) => warnings.push(text), info: log, debug: log, verbose: log });
    t.after(() => diag.disable());
    clicks.answered(note());
    clicks.settled(fate({ time: NOW - 1000 }));
    const [, producer] = exporter.getFinishedSpans();
    assert.deepEqual(producer!.duration, [0, 0]);
    assert.deepEqual(warnings, []);
  });

  it('is not mistaken for one of another filling of the same slab', () => {
    clicks.settled(fate({ generation: 6 }));
    clicks.answered(note());
    clicks.settled(fate({ generation: 8 }));
    assert.equal(exporter.getFinishedSpans().length, 1);
    clicks.settled(fate());
    assert.equal(exporter.getFinishedSpans().length, 2);
  });

  it('tells of a dropped batch by status ERROR and the reason', () => {
    clicks.answered(note());
    clicks.settled(fate({ outcome: { kind: 'dropped', reason: 'delivery_timeout' }, place: undefined }));
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
    clicks.answered(note({ remoteAddress: '[2001:db8::1]:5' }));
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
    clicks.settled(fate());
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

  it('whose fate never comes costs bounded memory, and the oldest is given up and counted', () => {
    for (let generation = 0; generation < 20_005; generation++) {
      clicks.answered(note({ record: { kind: 'accepted', slab: 0, generation, place: 0 } }));
    }
    assert.equal(clicks.lost, 5);
  });
});
