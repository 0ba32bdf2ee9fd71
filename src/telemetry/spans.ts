/**
 * Makes the spans of traced redirects from the threads' notes: a SERVER span for the answer, under it a PRODUCER span from the
 * push to the ack or the drop, and under the first of a batch's PRODUCER spans one for the batch, linked to all of them.
 */
import {
  type Attributes,
  type Context,
  createTraceState,
  type Link,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import {
  dropReasonOf,
  fateAttributes,
  messagingAttributes,
  offsetAttributes,
  serverAttributes,
  serverSpanName,
} from './click-attributes.ts';
import type { BatchFate, ClickNote } from './notes.ts';
import type { OwnStats } from './own-stats.ts';
import { SpanBudget } from './span-budget.ts';
import type { SpanIds } from './span-ids.ts';
import { randomHex } from './traceparent.ts';

/** Traced records whose batch has no fate yet; beyond it the oldest are given up. */
const MAX_WAITING = 20_000;
/** Fates that are kept for notes which come later than they: the two come from different threads. */
const MAX_FATES = 256;

export interface ClickSpansOptions {
  readonly tracer: Tracer;
  readonly ids: SpanIds;
  readonly own: OwnStats;
  readonly scheme: 'http' | 'https';
  /** The name of the topic with a number; undefined where records go to no topic. */
  readonly topicName: ((topic: number) => string | undefined) | undefined;
  /** Part of the lost batches without a traced record that gets a span. */
  readonly lostRatio: number;
  /** Spans of such batches that are made at most, in a second. */
  readonly lostSpansPerSecond: number;
}

/** What took a batch: the sink that its outcome comes from. */
export type Taker = 'kafka' | 'spool' | 'stdout';

interface Waiting {
  readonly note: ClickNote;
  readonly parent: Context;
  /** In the batch, from 0. */
  readonly place: number;
}

/** A batch whose fate is known. */
interface Settled {
  readonly fate: BatchFate;
  readonly taker: Taker | undefined;
  /** Its span, once it has one. */
  span: SpanContext | undefined;
}

interface SpanInput {
  readonly name: string;
  readonly kind: SpanKind;
  readonly traceId: string;
  readonly spanId: string;
  readonly parent: Context;
  /** Wall-clock ms, both. */
  readonly startTime: number;
  readonly endTime: number;
  readonly attributes: Attributes;
  readonly links?: Link[];
  /** The span's status is ERROR with this as its description. */
  readonly error?: string | undefined;
}

const keyOf = ({ slab, generation }: { slab: number; generation: number }): string => `${slab}:${generation}`;

export class ClickSpans {
  readonly #o: ClickSpansOptions;
  readonly #lostBudget: SpanBudget;
  readonly #waiting = new Map<string, Waiting[]>();
  readonly #settled = new Map<string, Settled>();
  #waitingCount = 0;

  constructor(options: ClickSpansOptions) {
    this.#o = options;
    this.#lostBudget = new SpanBudget(options.lostSpansPerSecond);
  }

  /** Exports the SERVER span, and keeps the PRODUCER span until its batch has a fate. */
  answered(note: ClickNote): void {
    this.#o.own.tracesSampled++;
    const parent = this.#server(note);
    if (note.record.kind === 'dropped') {
      const { reason } = note.record;
      this.#producer({ note, parent, place: 0 }, note.answeredTime, { 'error.type': reason }, reason);
      return;
    }
    const waiting = { note, parent, place: note.record.place };
    const key = keyOf(note.record);
    const settled = this.#settled.get(key);
    if (settled !== undefined) {
      this.#end([waiting], settled);
      return;
    }
    const others = this.#waiting.get(key);
    if (others === undefined) this.#waiting.set(key, [waiting]);
    else others.push(waiting);
    this.#waitingCount++;
    while (this.#waitingCount > MAX_WAITING) this.#giveUpOldest();
  }

  /**
   * Ends the PRODUCER spans of a batch.
   * @param taker undefined: no sink had taken it
   */
  settled(fate: BatchFate, taker: Taker | undefined): void {
    if (!fate.traced) {
      this.#lost(fate, taker);
      return;
    }
    const key = keyOf(fate);
    const waiting = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    this.#waitingCount -= waiting.length;
    const settled: Settled = { fate, taker, span: undefined };
    if (waiting.length > 0) this.#end(waiting, settled);
    this.#settled.set(key, settled);
    if (this.#settled.size > MAX_FATES) this.#settled.delete(this.#settled.keys().next().value!);
  }

  #end(waiting: readonly Waiting[], settled: Settled): void {
    const { fate, taker } = settled;
    if (settled.span === undefined && taker !== undefined) {
      const producers = waiting.map(({ note }) => producerContext(note));
      settled.span = this.#batch(fate, taker, trace.setSpanContext(ROOT_CONTEXT, producers[0]!), producers);
    }
    const links = settled.span === undefined ? [] : [{ context: settled.span }];
    for (const one of waiting) {
      const attributes = { ...fateAttributes(fate), ...offsetAttributes(fate, one.place) };
      this.#producer(one, fate.time, attributes, dropReasonOf(fate), links);
    }
  }

  /** Of a batch that was lost with no record traced, what is known: the batch. */
  #lost(fate: BatchFate, taker: Taker | undefined): void {
    if (Math.random() >= this.#o.lostRatio) return;
    if (this.#lostBudget.take(1, performance.now())) this.#batch(fate, taker, ROOT_CONTEXT, []);
    else this.#o.own.batchesLimited++;
  }

  #batch(
    fate: BatchFate,
    taker: Taker | undefined,
    parent: Context,
    producers: readonly SpanContext[],
  ): SpanContext {
    const topic = this.#o.topicName?.(fate.topic);
    const toKafka = taker === 'kafka' && topic !== undefined;
    return this.#span({
      name: toKafka ? `produce ${topic}` : taker === undefined ? 'drop batch' : `write ${taker}`,
      kind: toKafka ? SpanKind.CLIENT : SpanKind.INTERNAL,
      traceId: trace.getSpanContext(parent)?.traceId ?? randomHex(16),
      spanId: randomHex(8),
      parent,
      startTime: fate.takenTime ?? fate.openedTime,
      endTime: fate.time,
      attributes: {
        ...(toKafka ? messagingAttributes('produce', topic) : {}),
        ...(toKafka ? { 'messaging.batch.message_count': fate.records } : {}),
        ...fateAttributes(fate),
      },
      links: producers.map((context) => ({ context })),
      error: dropReasonOf(fate),
    });
  }

  #server(note: ClickNote): Context {
    const { traceId, spanId, parentSpanId, startTime, answeredTime } = note;
    const span = this.#span({
      name: serverSpanName(note),
      kind: SpanKind.SERVER,
      traceId,
      spanId,
      parent:
        parentSpanId === undefined
          ? ROOT_CONTEXT
          : trace.setSpanContext(ROOT_CONTEXT, { ...traceOf(note), spanId: parentSpanId, isRemote: true }),
      startTime,
      endTime: answeredTime,
      attributes: serverAttributes(note, this.#o.scheme),
    });
    return trace.setSpanContext(ROOT_CONTEXT, span);
  }

  #producer(
    { note, parent }: Waiting,
    endTime: number,
    attributes: Attributes,
    error: string | undefined,
    links: Link[] = [],
  ): void {
    const topic = this.#o.topicName?.(note.topic);
    this.#span({
      name: topic === undefined ? 'send' : `send ${topic}`,
      kind: SpanKind.PRODUCER,
      traceId: note.traceId,
      spanId: note.producerSpanId,
      parent,
      startTime: note.answeredTime,
      endTime,
      // Of a spool or standard output the conventions for messaging say nothing.
      attributes: { ...(topic === undefined ? {} : messagingAttributes('send', topic)), ...attributes },
      links,
      error,
    });
  }

  #span(input: SpanInput): SpanContext {
    const { name, kind, parent, startTime, attributes, links = [], error } = input;
    this.#o.ids.next(input.traceId, input.spanId);
    const span = this.#o.tracer.startSpan(name, { kind, startTime, attributes, links }, parent);
    if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
    // Another thread may have read the clock at the end, and it may have been set back meanwhile.
    span.end(Math.max(input.endTime, startTime));
    return span.spanContext();
  }

  #giveUpOldest(): void {
    const [key, waiting] = this.#waiting.entries().next().value!;
    this.#waiting.delete(key);
    this.#waitingCount -= waiting.length;
    this.#o.own.spansGivenUp += waiting.length;
  }
}

/** The PRODUCER span of a note, which is made when the fate of its batch is known. */
const producerContext = (note: ClickNote): SpanContext => ({
  ...traceOf(note),
  spanId: note.producerSpanId,
});

const traceOf = ({ traceId, traceState }: ClickNote): Omit<SpanContext, 'spanId'> => ({
  traceId,
  traceFlags: TraceFlags.SAMPLED,
  ...(traceState === undefined ? {} : { traceState: createTraceState(traceState) }),
});
