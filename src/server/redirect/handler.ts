/** The request path: answers first, records after. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { hostAndPort } from '../../hosts.ts';
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
import { requestIdOf } from './request-id.ts';

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
  readonly request: IncomingMessage;
  readonly answer: Answer;
};

export interface HandlerOptions {
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
  /** Told of an answer that the client did not take at once. */
  readonly waits: (socket: Socket, response: ServerResponse) => void;
  readonly traced: (traced: TracedRequest) => void;
}

const remoteKey = Symbol('remote address');

/**
 * `ip:port` of the peer, IPv6 in brackets, IPv4-mapped addresses as IPv4. Kept on the socket, and to be called as soon as it is
 * accepted: the system forgets the address when the peer resets the connection, even with a request still to be read.
 * Empty when it had forgotten it before the connection was accepted.
 */
export function remoteAddressOf(socket: Socket & { [remoteKey]?: string }): string {
  const known = socket[remoteKey];
  if (known !== undefined) return known;
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined) return '';
  const address = remoteAddress.startsWith('::ffff:') ? remoteAddress.slice(7) : remoteAddress;
  socket[remoteKey] = hostAndPort(address, remotePort!);
  return socket[remoteKey];
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

/** Makes the handler that Express calls for every request. */
export function redirectHandler(
  options: HandlerOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
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

  return (request, response) => {
    const started = performance.now();
    const { socket, headers } = request;
    const method = request.method!;
    const requestTarget = request.url!;
    const remoteAddress = remoteAddressOf(socket);
    const client = policy.clientOf(remoteAddress, headers);
    const country = policy.countryOf(remoteAddress, headers);
    const answer = answerTo({ method, requestTarget, headers, client, country });
    const isLast = isDraining() || (maxRequests !== undefined && isLastOf(socket, maxRequests));
    const head = isLast ? answer.lastHeaders : answer.headers;
    const requestId = options.requestId ? requestIdOf(headers) : undefined;
    response.writeHead(answer.status, requestId === undefined ? head : [...head, 'X-Request-Id', requestId]);
    response.end(method === 'HEAD' ? undefined : answer.body);
    const answered = performance.now();
    // Not so where the socket holds it back, or it is behind another answer of the same connection.
    if (!response.writableFinished) {
      limitWriting(socket, writeTimeoutMs);
      waits(socket, response);
    }
    observe(method, answer.status, answered - started);

    // The answer is on its way; from here on it cannot be late.
    if (!answer.isRecorded) return;
    const time = Date.now();
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
      startTime: time - (answered - started),
      answeredTime: time,
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
}
