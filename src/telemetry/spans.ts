/**
 * Makes the spans of traced redirects from the threads' notes: a SERVER span for the answer, and under it a PRODUCER
 * span from the push to the ack or the drop. Attributes follow the semantic conventions for HTTP and Kafka.
 */
import {
  type Attributes,
  type Context,
  createTraceState,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { knownMethod } from './http-methods.ts';
import type { BatchFate, ClickNote } from './notes.ts';
import type { SpanIds } from './span-ids.ts';

/** Traced records whose batch has no fate yet; beyond it the oldest are given up. */
const MAX_WAITING = 20_000;
/** Fates that are kept for notes which come later than they: the two come from different threads. */
const MAX_FATES = 256;

interface Waiting {
  readonly note: ClickNote;
  readonly parent: Context;
  readonly place: number;
}

export class ClickSpans {
  readonly #tracer: Tracer;
  readonly #ids: SpanIds;
  readonly #topic: string | undefined;
  readonly #waiting = new Map<string, Waiting[]>();
  readonly #fates = new Map<string, BatchFate>();
  #waitingCount = 0;
  /** Traced records of which the PRODUCER span was given up. */
  lost = 0;

  /** @param topic where records go; undefined where there is no topic */
  constructor(tracer: Tracer, ids: SpanIds, topic: string | undefined) {
    this.#tracer = tracer;
    this.#ids = ids;
    this.#topic = topic;
  }

  /** Exports the SERVER span, and keeps the PRODUCER span until its batch has a fate. */
  answered(note: ClickNote): void {
    const parent = this.#server(note);
    if (note.record.kind === 'dropped') {
      this.#producer(
        note,
        parent,
        note.answeredTime,
        { 'error.type': note.record.reason },
        note.record.reason,
      );
      return;
    }
    const { slab, generation, place } = note.record;
    const key = `${slab}:${generation}`;
    const waiting = { note, parent, place };
    const fate = this.#fates.get(key);
    if (fate !== undefined) {
      this.#end(waiting, fate);
      return;
    }
    const others = this.#waiting.get(key);
    if (others === undefined) this.#waiting.set(key, [waiting]);
    else others.push(waiting);
    this.#waitingCount++;
    while (this.#waitingCount > MAX_WAITING) this.#giveUpOldest();
  }

  /** Ends the PRODUCER spans of a batch. */
  settled(fate: BatchFate): void {
    const key = `${fate.slab}:${fate.generation}`;
    const waiting = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    this.#waitingCount -= waiting.length;
    for (const one of waiting) this.#end(one, fate);
    this.#fates.set(key, fate);
    if (this.#fates.size > MAX_FATES) this.#fates.delete(this.#fates.keys().next().value!);
  }

  #end({ note, parent, place: index }: Waiting, { outcome, place, time, records }: BatchFate): void {
    const attributes: Attributes = {
      'redirector.batch.records': records,
      'redirector.record.outcome': outcome.kind,
    };
    if (place !== undefined) {
      attributes['messaging.destination.partition.id'] = String(place.partition);
      if (place.baseOffset !== undefined) {
        attributes['messaging.kafka.offset'] = Number(place.baseOffset + BigInt(index));
      }
    }
    const reason = outcome.kind === 'dropped' ? outcome.reason : undefined;
    if (reason !== undefined) attributes['error.type'] = reason;
    this.#producer(note, parent, time, attributes, reason);
  }

  #server(note: ClickNote): Context {
    const traceState = note.traceState === undefined ? {} : { traceState: createTraceState(note.traceState) };
    const remote = { traceId: note.traceId, traceFlags: TraceFlags.SAMPLED, isRemote: true, ...traceState };
    const context =
      note.parentSpanId === undefined
        ? ROOT_CONTEXT
        : trace.setSpanContext(ROOT_CONTEXT, { ...remote, spanId: note.parentSpanId });
    const query = note.path.indexOf('?');
    const peer = addressParts(note.remoteAddress);
    const server = note.host === undefined ? undefined : addressParts(note.host);
    const knownAs = knownMethod(note.method);
    const known = knownAs !== '_OTHER';
    const method = known ? knownAs : 'HTTP'; // of a span's name only
    this.#ids.next(note.traceId, note.spanId);
    const span = this.#tracer.startSpan(
      note.route === undefined ? method : `${method} ${note.route}`,
      {
        kind: SpanKind.SERVER,
        startTime: note.startTime,
        attributes: {
          'http.request.method': knownAs,
          ...(known ? {} : { 'http.request.method_original': note.method }),
          'http.response.status_code': note.status,
          'url.scheme': 'http',
          'url.path': query === -1 ? note.path : note.path.slice(0, query),
          ...(query === -1 ? {} : { 'url.query': note.path.slice(query + 1) }),
          ...(note.route === undefined ? {} : { 'http.route': note.route }),
          ...(server === undefined ? {} : { 'server.address': server.address }),
          ...(server?.port === undefined ? {} : { 'server.port': server.port }),
          ...(note.userAgent === undefined ? {} : { 'user_agent.original': note.userAgent }),
          'client.address': peer.address,
          'network.peer.address': peer.address,
          ...(peer.port === undefined ? {} : { 'network.peer.port': peer.port }),
          'network.protocol.version': note.protocolVersion,
        },
      },
      context,
    );
    span.end(note.answeredTime);
    return trace.setSpan(ROOT_CONTEXT, span);
  }

  #producer(
    note: ClickNote,
    parent: Context,
    endTime: number,
    attributes: Attributes,
    error: string | undefined,
  ): void {
    const topic = this.#topic;
    this.#ids.next(note.traceId, note.producerSpanId);
    const span = this.#tracer.startSpan(
      topic === undefined ? 'send' : `send ${topic}`,
      {
        kind: SpanKind.PRODUCER,
        startTime: note.answeredTime,
        attributes: {
          // Of a spool or standard output the conventions for messaging say nothing.
          ...(topic === undefined
            ? {}
            : {
                'messaging.system': 'kafka',
                'messaging.operation.name': 'send',
                'messaging.operation.type': 'send',
                'messaging.destination.name': topic,
              }),
          ...attributes,
        },
      },
      parent,
    );
    if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
    // Another thread read the clock then, and it may have been set back meanwhile.
    span.end(Math.max(endTime, note.answeredTime));
  }

  #giveUpOldest(): void {
    const [key, waiting] = this.#waiting.entries().next().value!;
    this.#waiting.delete(key);
    this.#waitingCount -= waiting.length;
    this.lost += waiting.length;
  }
}

/** Splits `host`, `host:port`, `[::1]` or `[::1]:port`. */
function addressParts(text: string): { address: string; port: number | undefined } {
  const match = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(text);
  if (match === null) return { address: text, port: undefined };
  return {
    address: match[1] ?? match[2] ?? '',
    port: match[3] === undefined ? undefined : Number(match[3]),
  };
}
