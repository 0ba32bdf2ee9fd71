/** Makes clicks and finds their records again: what the end-to-end tests have in common. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import type { KafkaMessage } from 'kafkajs';
import { kafkaClient } from './kafka-client.ts';
import { kcatConsume } from './kcat.ts';
import { waitFor } from './wait-for.ts';

export interface ClickOptions {
  readonly headers?: Record<string, string>;
  /** Keep-alive connections at once; 16 by default. */
  readonly connections?: number;
  readonly status?: number;
}

/** Makes `count` requests over a few keep-alive connections and asserts that each was answered with `status` (301). */
export async function click(url: string, count: number, options: ClickOptions = {}): Promise<void> {
  const { headers = {}, connections = 16, status = 301 } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < count) {
      const request = get(`${url}/?n=${next++}`, { agent, headers });
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      response.resume();
      await once(response, 'close');
      assert.equal(response.statusCode, status);
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, client));
  } finally {
    agent.destroy();
  }
}

export interface Click {
  readonly id: string;
  readonly path: string;
  readonly [field: string]: unknown;
}

/** The records of a topic, read by kcat and parsed. */
export async function clicksIn(brokers: string[], topic: string): Promise<Click[]> {
  const records = await kcatConsume(brokers, topic);
  return records.map(({ value }) => JSON.parse(value!.toString('utf8')) as Click);
}

/** Asserts that the records of one listener are there once each, with sequences from 1 to `count`. */
export function assertNoGap(clicks: readonly Click[], count: number): void {
  const ids = clicks.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length, 'an id occurs twice');
  const starts = new Set(ids.map((id) => id.slice(0, id.lastIndexOf('-'))));
  assert.ok(starts.size <= 1, `ids of one listener: ${[...starts]}`);
  const sequences = ids.map((id) => Number(id.slice(id.lastIndexOf('-') + 1))).sort((a, b) => a - b);
  assert.deepEqual(
    sequences,
    Array.from({ length: count }, (_, index) => index + 1),
  );
}

/** What kafkajs knows of the batch that a message came in. */
export type BatchedMessage = KafkaMessage & {
  readonly partition: number;
  readonly batchContext: { readonly producerId: string; readonly firstSequence: number };
};

/** The first `count` messages of a topic, read by kafkajs's consumer: another judge than kcat. */
export async function consume(brokers: string[], topic: string, count: number): Promise<BatchedMessage[]> {
  const consumer = kafkaClient(brokers).consumer({
    groupId: `${topic}.${Math.random()}`,
    maxWaitTimeInMs: 50, // 5 s by default, which an empty partition makes every other wait for
  });
  const messages: BatchedMessage[] = [];
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message, partition }) => {
        messages.push(Object.assign(message as BatchedMessage, { partition }));
      },
    });
    await waitFor(`${count} messages in ${topic}`, () => messages.length, {
      until: (length) => length >= count,
      timeoutMs: 30_000,
    });
  } finally {
    await consumer.disconnect();
  }
  return messages;
}
