import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { encodeProduce, type ProduceRequest, sendProduce } from '../../../src/server/sink/kafka-produce.ts';
import type { Connection, QueuedRequest } from '../../../src/server/sink/kafkajs-internals.ts';

const require = createRequire(import.meta.url);
const batch = (topic: string, partition: number, bytes: string) => ({
  topic,
  partition,
  bytes: Buffer.from(bytes),
});
const options = { clientId: 'cliënt', timeoutMs: 30_000 };
const request = (bytes = 'batch', acks = -1): ProduceRequest => ({
  acks,
  batches: [batch('log', 3, bytes)],
  beforeWrite: () => {},
});

describe('a Produce request', () => {
  it('has the bytes that kafkajs gives one of the same content', async () => {
    const Encoder = require('kafkajs/src/protocol/encoder');
    const createRequest = require('kafkajs/src/protocol/request');
    const body = new Encoder().writeString(null).writeInt16(-1).writeInt32(30_000).writeInt32(2);
    body.writeString('log').writeInt32(2);
    body.writeInt32(3).writeBytes(Buffer.from('one')).writeInt32(0).writeBytes(Buffer.from(''));
    body.writeString('clicks').writeInt32(1).writeInt32(7).writeBytes(Buffer.from('three'));
    const theirs = await createRequest({
      correlationId: 77,
      clientId: options.clientId,
      request: { apiKey: 0, apiVersion: 7, encode: async () => body },
    });
    const batches = [batch('log', 3, 'one'), batch('clicks', 7, 'three'), batch('log', 0, '')];
    const ours = encodeProduce({ acks: -1, batches }, options, 77, (bytes) => Buffer.alloc(bytes + 9, 'x'));
    assert.deepEqual(ours.toString('latin1'), theirs.buffer.toString('latin1'));
  });
});

/** A connection whose broker answers when it is told to. */
function fakeConnection() {
  const queued: QueuedRequest[] = [];
  const written: Buffer[] = [];
  const connection = {
    isConnected: () => true,
    nextCorrelationId: () => written.length,
    socket: { write: (bytes: Buffer) => written.push(bytes) },
    requestQueue: {
      push: (entry: QueuedRequest) => {
        queued.push(entry);
        entry.sendRequest();
      },
    },
  } as unknown as Connection;
  const answer = (payload: Buffer | null) => queued.shift()!.entry.resolve({ payload });
  return { connection, written, answer };
}

describe('the bytes of a connection', () => {
  const isOneBuffer = ([one, other]: readonly Buffer[]): boolean => one!.buffer === other!.buffer;

  it('are in one buffer from request to request', async () => {
    const { connection, written, answer } = fakeConnection();
    for (const text of ['first', 'second']) {
      const sending = sendProduce(connection, request(text), options);
      answer(Buffer.from(text));
      assert.equal(String(await sending), text);
    }
    assert.ok(isOneBuffer(written));
  });

  it('are in a larger one where they must', async () => {
    const { connection, written, answer } = fakeConnection();
    for (const text of ['first', 'x'.repeat(5_000)]) {
      const sending = sendProduce(connection, request(text), options);
      answer(Buffer.alloc(1));
      await sending;
    }
    assert.ok(written[1]!.includes('x'.repeat(5_000)));
  });

  it('are in another while a request is not answered, and when none is asked for', async () => {
    const { connection, written, answer } = fakeConnection();
    void sendProduce(connection, request(), options);
    void sendProduce(connection, request(), options);
    assert.ok(!isOneBuffer(written));
    const other = fakeConnection();
    for (let round = 0; round < 2; round++) {
      const sending = sendProduce(other.connection, request('bytes', 0), options);
      other.answer(null);
      assert.equal(await sending, undefined);
    }
    assert.ok(!isOneBuffer(other.written));
    answer(null);
  });

  it('do not go out over a connection that has ended', async () => {
    const { connection, written } = fakeConnection();
    let isToldOf = false;
    const ended = { ...connection, isConnected: () => false };
    const told = { ...request(), beforeWrite: () => (isToldOf = true) };
    await assert.rejects(sendProduce(ended, told, options), /connection closed/);
    assert.deepEqual([written, isToldOf], [[], false]);
  });
});
