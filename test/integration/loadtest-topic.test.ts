import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CompressionTypes } from 'kafkajs';
import { topicPlace } from '../../loadtest/topic-place.ts';
import { loadConfig } from '../../src/config.ts';
import { kafkaClient } from '../support/kafka-client.ts';
import { kcatCount } from '../support/kcat.ts';
import { sharedKafka } from '../support/shared.ts';
import { createTopic, topicsOf } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';

const record = (run: string, sequence: number): { value: string } => ({
  value: JSON.stringify({ id: `boot-0-${sequence}`, user_agent: `redirector-loadtest/${run}` }),
});

async function produce(
  brokers: string[],
  topic: string,
  messages: { value: string }[],
  compression = CompressionTypes.None,
) {
  // The leaders of a new topic may not know yet that they are, and kafkajs sends a whole request again for one of them.
  const admin = kafkaClient(brokers).admin();
  await admin.connect();
  await waitFor(`the leaders of ${topic}`, () => admin.fetchTopicOffsets(topic));
  await admin.disconnect();
  const producer = kafkaClient(brokers).producer();
  await producer.connect();
  try {
    await producer.send({ topic, messages, compression });
  } finally {
    await producer.disconnect();
  }
}

const config = (brokers: string[], topic: string) =>
  loadConfig({ flags: { brokers: brokers.join(','), topic } }).config;

test('a temporary topic is made, its records counted once each, and it is gone afterwards', async () => {
  const { brokers } = await sharedKafka();
  const place = topicPlace({
    config: config(brokers, 'log'),
    run: 'r1',
    temporary: true,
    everyRecord: false,
  });
  assert.equal(place.name, 'log.loadtest.r1');
  await place.prepare();
  try {
    const messages = Array.from({ length: 500 }, (_, sequence) => record('r1', sequence));
    await produce(brokers, place.name, [...messages, record('r1', 7), record('r2', 1), { value: 'no JSON' }]);
    assert.deepEqual((await place.count()).result(), { found: 500, duplicates: 1 });
    assert.equal(await kcatCount(brokers, place.name), 503);
    assert.ok((await topicsOf(brokers)).includes(place.name));
  } finally {
    await place.remove();
  }
  assert.ok(!(await topicsOf(brokers)).includes(place.name));
  await place.remove();
});

test('an empty topic holds no records', async () => {
  const { brokers } = await sharedKafka();
  const place = topicPlace({
    config: config(brokers, 'log'),
    run: 'r2',
    temporary: true,
    everyRecord: false,
  });
  await place.prepare();
  try {
    assert.deepEqual((await place.count()).result(), { found: 0, duplicates: 0 });
  } finally {
    await place.remove();
  }
});

test('records of the Go program all count in a topic of this run alone', async () => {
  const { brokers } = await sharedKafka();
  const place = topicPlace({ config: config(brokers, 'log'), run: 'r3', temporary: true, everyRecord: true });
  await place.prepare();
  try {
    await produce(
      brokers,
      place.name,
      Array.from({ length: 30 }, () => ({ value: '{"remote_address":"127.0.0.1:1"}' })),
    );
    assert.deepEqual((await place.count()).result(), { found: 30, duplicates: null });
  } finally {
    await place.remove();
  }
});

describe('a topic that others write to as well', () => {
  test('is read from where it ended before the run, and is not removed', async () => {
    const { brokers } = await sharedKafka();
    const topic = await createTopic(brokers, { partitions: 3 });
    const before = Array.from({ length: 50 }, (_, sequence) => record('r1', sequence));
    await produce(brokers, topic, before);
    const place = topicPlace({
      config: config(brokers, topic),
      run: 'r1',
      temporary: false,
      everyRecord: false,
    });
    await place.prepare();
    const ours = Array.from({ length: 40 }, (_, sequence) => record('r1', 1000 + sequence));
    const others = Array.from({ length: 60 }, (_, sequence) => record('r0', sequence));
    await produce(brokers, topic, [...ours, ...others], CompressionTypes.GZIP);
    assert.deepEqual((await place.count()).result(), { found: 40, duplicates: 0 });
    await place.remove();
    assert.ok((await topicsOf(brokers)).includes(topic));
  });

  test('must exist', async () => {
    const { brokers } = await sharedKafka();
    const place = topicPlace({
      config: config(brokers, 'no.such.topic'),
      run: 'r1',
      temporary: false,
      everyRecord: false,
    });
    await assert.rejects(place.prepare(), { code: 'TOPIC_NOT_FOUND', message: /no\.such\.topic/ });
  });
});

test('records compressed with zstd are counted', async () => {
  const { brokers } = await sharedKafka();
  const place = topicPlace({
    config: config(brokers, 'log'),
    run: 'r5',
    temporary: true,
    everyRecord: false,
  });
  await place.prepare();
  try {
    await produce(brokers, place.name, [record('r5', 1), record('r5', 2)], CompressionTypes.ZSTD);
    assert.deepEqual((await place.count()).result(), { found: 2, duplicates: 0 });
  } finally {
    await place.remove();
  }
});

test('brokers that are not there are an error with their name', async () => {
  const place = topicPlace({
    config: config(['127.0.0.1:1'], 'log'),
    run: 'r6',
    temporary: true,
    everyRecord: false,
  });
  await assert.rejects(place.prepare(), { code: 'BROKERS_UNREACHABLE', message: /127\.0\.0\.1:1/ });
  await place.remove();
});
