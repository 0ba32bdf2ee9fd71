/** The request path, however requests come: what each is answered, and after that its record. */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { AnswerStatus } from '../../http-statuses.ts';
import type { ClickNote } from '../../telemetry/notes.ts';
import type { Sampling } from '../../telemetry/sampler.ts';
import { formatTraceparent, parseTraceparent, randomHex } from '../../telemetry/traceparent.ts';
import type { RecordFormat } from '../queue/access-record.ts';
import { topicOfLane } from '../queue/lane.ts';
import type { Lanes } from '../queue/lanes.ts';
import { encodeHeaders, type RecordInput } from '../queue/record-batch.ts';
import type { Answer, Answerer } from './answers.ts';
import { clickId } from './click-id.ts';
import type { recordKey } from './record-key.ts';
import type { RecordPolicy } from './record-policy.ts';
import { remoteAddressOf } from './remote-address.ts';
import { requestIdOf } from './request-id.ts';

/** What the request path needs of a request. */
export type Incoming = Pick<IncomingMessage, 'method' | 'url' | 'headers' | 'httpVersion' | 'socket'>;

/** A request and what it is answered. */
export interface Exchange {
  readonly request: Incoming;
  /** By the wall clock, and by the monotonic one; ms. */
  readonly time: number;
  readonly started: number;
  /** The peer's address with its port, and the client's as far as it is known. */
  readonly remoteAddress: string;
  readonly client: string;
  readonly answer: Answer;
  /** It ends the connection. */
  readonly isLast: boolean;
  readonly requestId: string | undefined;
}

/** What is told of a traced request: everything of its spans but where its record went. */
export type TracedRequest = Pick<
  ClickNote,
  | 'traceId'
  | 'spanId'
  | 'parentSpanId'
  | 'traceState'
  | 'producerSpanId'
  | 'startTime'
  | 'answeredTime'
  | 'path'
  | 'userAgent'
  | 'clientAddress'
  | 'peerAddress'
  | 'topic'
  | 'record'
> & {
  readonly request: Incoming;
  readonly answer: Answer;
};

export interface RequestPathOptions {
  readonly answerTo: Answerer;
  readonly policy: RecordPolicy;
  readonly lanes: Lanes;
  /** Undefined: no record has a key. */
  readonly keyOf: ReturnType<typeof recordKey>;
  /** Every record has a click id, also where its location has none. */
  readonly clickIds: boolean;
  readonly format: RecordFormat;
  readonly writeTimeoutMs: number;
  /** Requests that a connection may have; undefined: any number. */
  readonly maxRequests: number | undefined;
  readonly sampling: Sampling;
  /** Answers and records have the id of the request, its own or a new one. */
  readonly requestId: boolean;
  /** A caller's baggage is handed on in the record's headers. */
  readonly baggage: boolean;
  readonly isDraining: () => boolean;
  /** Counts an answer: its method as sent, status, and how long it took, ms. */
  readonly observe: (method: string, status: AnswerStatus, durationMs: number) => void;
  /** Told of an answer that the client did not take at once, and how to hear of it when it has. */
  readonly waits: (socket: Socket, onTaken: (listener: () => void) => void) => void;
  readonly traced: (traced: TracedRequest) => void;
}

const limitedKey = Symbol('write time-out runs');

/**
 * Node has no write time-out: a client that does not take its answer is cut off. One timer a connection, which looks at the bytes
 * that the system has taken: a socket tells nothing when less than its high-water mark has gone out.
 */
function limitWriting(socket: Socket & { [limitedKey]?: boolean }, ms: number): void {
  if (socket[limitedKey] === true) return;
  socket[limitedKey] = true;
  const end = socket.bytesWritten; // counts what still waits, too
  setTimeout(() => {
    socket[limitedKey] = false;
    if (socket.destroyed || socket.writableLength === 0) return;
    if (socket.bytesWritten - socket.writableLength < end) socket.destroy();
    else limitWriting(socket, ms);
  }, ms).unref();
}

const requestsKey = Symbol('requests of this connection');

/**
 * Whether this request, which is counted, is the last one that its connection may have. Node's own maxRequestsPerSocket says
 * "close" and then leaves the connection open.
 */
function isLastOf(socket: Socket & { [requestsKey]?: number }, most: number): boolean {
  const count = (socket[requestsKey] ?? 0) + 1;
  socket[requestsKey] = count;
  return count >= most;
}

export interface RequestPath {
  /** Decides what a request is answered. Nothing is counted or recorded yet. */
  begin(request: Incoming): Exchange;
  /**
   * To be called when the answer is with the system or on its way there: counts and records it.
   * @param onTaken how to hear that the client has taken the answer, where it has not at once
   */
  end(exchange: Exchange, onTaken?: (listener: () => void) => void): void;
}

/** Makes the request path of a listener. */
export function requestPath(options: RequestPathOptions): RequestPath {
  const {
    answerTo,
    policy,
    lanes,
    keyOf,
    clickIds,
    format,
    writeTimeoutMs,
    maxRequests,
    sampling,
    isDraining,
    observe,
    waits,
    traced,
  } = options;

  const begin = (request: Incoming): Exchange => {
    const started = performance.now();
    const time = Date.now();
    const { socket, headers } = request;
    const remoteAddress = remoteAddressOf(socket);
    const client = policy.clientOf(remoteAddress, headers);
    const country = policy.countryOf(remoteAddress, headers);
    const answer = answerTo({
      method: request.method!,
      requestTarget: request.url!,
      headers,
      client,
      country,
    });
    const isLast = isDraining() || (maxRequests !== undefined && isLastOf(socket, maxRequests));
    const requestId = options.requestId ? requestIdOf(headers) : undefined;
    return { request, time, started, remoteAddress, client, answer, isLast, requestId };
  };

  const end = (exchange: Exchange, onTaken?: (listener: () => void) => void): void => {
    const { request, time, started, remoteAddress, client, answer, requestId } = exchange;
    const { socket, headers } = request;
    const method = request.method!;
    const requestTarget = request.url!;
    const answered = performance.now();
    if (onTaken !== undefined) {
      limitWriting(socket, writeTimeoutMs);
      waits(socket, onTaken);
    }
    observe(method, answer.status, answered - started);

    // The answer is on its way; from here on it cannot be late.
    if (!answer.isRecorded) return;
    const facts = policy.facts({ status: answer.status, method, requestTarget, headers, client }, time);
    if (facts === undefined) return;
    const isError = answer.status >= 400;
    const parent = parseTraceparent(headers.traceparent as string | undefined);
    const draw = sampling.draw(parent);
    const sampled = sampling.takes(draw, isError, answered);
    const traceId = sampled ? (parent?.traceId ?? randomHex(16)) : parent?.traceId;
    const spanId = sampled ? randomHex(8) : parent?.spanId;
    const producerSpanId = sampled ? randomHex(8) : undefined;
    const access = {
      time,
      method,
      host: headers.host,
      status: answer.status,
      ruleJson: answer.ruleJson,
      clickId: answer.clickId ?? (clickIds ? clickId(time) : undefined),
      requestId,
      traceId,
      spanId,
      path: facts.path,
      remoteAddress: facts.remoteAddress,
      userAgent: facts.userAgent,
      referer: facts.referer,
      noClick: facts.noClick,
      fields: facts.fields,
    };
    const key = keyOf === undefined ? null : keyOf({ ...access, rule: answer.rule });
    const writer = lanes.writer(answer.topic, key);
    const value = format(access, writer.nextSequence);
    const baggage = options.baggage ? (headers.baggage as string | undefined) : undefined;
    const traceState = parent === undefined ? undefined : (headers.tracestate as string | undefined);
    let record: RecordInput = { value, key };
    if (traceId !== undefined || baggage !== undefined) {
      const pairs: [string, string][] = [];
      if (traceId !== undefined) {
        // Consumers join the trace at our PRODUCER span, or at the caller's span where we make none.
        const context = {
          traceId,
          spanId: producerSpanId ?? spanId!,
          sampled: sampled || (parent!.sampled && !sampling.isAgainst(draw, isError)),
        };
        pairs.push(['traceparent', formatTraceparent(context)]);
      }
      if (traceState !== undefined) pairs.push(['tracestate', traceState]);
      if (baggage !== undefined) pairs.push(['baggage', baggage]);
      record = { value, key, headers: encodeHeaders(pairs) };
    }
    const result = writer.tryPush(record, time, sampled);
    const isDropped = result.kind === 'dropped';
    if (!sampled && !(isDropped && sampling.takesDropped(draw, isError, answered))) return;
    traced({
      traceId: traceId ?? randomHex(16),
      spanId: sampled ? spanId! : randomHex(8),
      parentSpanId: parent?.spanId,
      traceState,
      producerSpanId: producerSpanId ?? randomHex(8),
      // By the wall clock, as the batch's fate is: a monotonic clock drifts from it over days.
      startTime: time,
      answeredTime: time + (answered - started),
      request,
      path: facts.path,
      userAgent: facts.userAgent,
      clientAddress: facts.remoteAddress,
      // Of a client that is not told in full the connection tells nothing either, unless it is a proxy's.
      peerAddress: facts.remoteAddress === client || client !== remoteAddress ? remoteAddress : '',
      topic: topicOfLane(writer.lane),
      record: isDropped
        ? { kind: 'dropped', reason: result.reason }
        : { kind: 'accepted', ...writer.lastPlace },
      answer,
    });
  };
  return { begin, end };
}
