/** The Produce request: what goes into one, how it is written and sent, and what comes of it. */
import type { Connection } from './kafkajs-internals.ts';

/** A batch and where it goes. */
export interface ProducedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly bytes: Buffer;
}

export interface ProduceRequest {
  readonly acks: number;
  readonly batches: readonly ProducedBatch[];
  /** Called just before the first byte may go out: from then on the fate of the batches can be unknown. */
  beforeWrite(): void;
}

/** What became of one batch. */
export interface PartitionResult {
  readonly error: string;
  readonly baseOffset: bigint;
}

/** The answer to a Produce request: the results in the order of its batches. */
export interface Produced {
  readonly results: readonly (PartitionResult | undefined)[];
  readonly throttleMs: number;
}

/** What else stands in a request. */
export interface FrameOptions {
  readonly clientId: string;
  readonly timeoutMs: number;
}

const API = { apiKey: 0, apiVersion: 7, apiName: 'Produce' } as const;

const stringBytes = (text: string): number => 2 + Buffer.byteLength(text);

function writeString(frame: Buffer, text: string, at: number): number {
  const bytes = frame.write(text, at + 2);
  return frame.writeInt16BE(bytes, at) + bytes;
}

/**
 * A Produce request, version 7, as it goes over the wire (kafka.apache.org/protocol): its size, the header (version 1), then
 * transactional id, acks, time-out, and by topic partition, size and bytes of each batch.
 * @param bufferOf at least so many bytes; what is in them does not matter
 */
export function encodeProduce(
  { acks, batches }: Pick<ProduceRequest, 'acks' | 'batches'>,
  { clientId, timeoutMs }: FrameOptions,
  correlationId: number,
  bufferOf: (bytes: number) => Buffer,
): Buffer {
  const topics = Map.groupBy(batches, ({ topic }) => topic);
  let length = 24 + stringBytes(clientId);
  for (const topic of topics.keys()) length += stringBytes(topic) + 4;
  for (const { bytes } of batches) length += 8 + bytes.length;
  const frame = bufferOf(length).subarray(0, length);
  let at = frame.writeInt32BE(length - 4, 0);
  at = frame.writeInt16BE(API.apiKey, at);
  at = frame.writeInt16BE(API.apiVersion, at);
  at = frame.writeInt32BE(correlationId, at);
  at = writeString(frame, clientId, at);
  at = frame.writeInt16BE(-1, at); // no transactional id
  at = frame.writeInt16BE(acks, at);
  at = frame.writeInt32BE(timeoutMs, at);
  at = frame.writeInt32BE(topics.size, at);
  for (const [topic, ofTopic] of topics) {
    at = frame.writeInt32BE(ofTopic.length, writeString(frame, topic, at));
    for (const { partition, bytes } of ofTopic) {
      at = frame.writeInt32BE(bytes.length, frame.writeInt32BE(partition, at));
      at += bytes.copy(frame, at);
    }
  }
  return frame;
}

/** Buffers of connections that wait for a next request. */
const idle = new WeakMap<Connection, Buffer>();

/**
 * Sends a Produce request over a connection of kafkajs, which matches the answer. kafkajs would copy the batches three times into
 * new buffers of 128 KiB and more, and the collector of garbage would be at it all the time; here one buffer serves a connection.
 * @returns the answer's bytes, undefined where none comes (acks 0)
 * @throws what kafkajs says of a connection that ended
 */
export async function sendProduce(
  connection: Connection,
  request: ProduceRequest,
  options: FrameOptions,
): Promise<Buffer | undefined> {
  if (!connection.isConnected()) throw new Error('connection closed: before a request was sent');
  const expectResponse = request.acks !== 0;
  let buffer: Buffer | undefined = idle.get(connection);
  const bufferOf = (bytes: number): Buffer => {
    if (buffer === undefined || buffer.length < bytes)
      buffer = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(bytes)));
    return buffer;
  };
  // It is another request's as soon as this one is answered; of one that is not, the socket may still have bytes to send.
  idle.delete(connection);
  request.beforeWrite();
  const correlationId = connection.nextCorrelationId();
  const frame = encodeProduce(request, options, correlationId, bufferOf);
  const { payload } = await new Promise<{ payload: Buffer | null }>((resolve, reject) => {
    connection.requestQueue.push({
      entry: { ...API, correlationId, resolve, reject },
      expectResponse,
      sendRequest: () => connection.socket!.write(frame),
    });
  });
  if (!expectResponse) return undefined;
  idle.set(connection, buffer!);
  return payload!;
}
