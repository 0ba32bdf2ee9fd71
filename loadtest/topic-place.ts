/** Records in a Kafka topic: a temporary one of this run, or one that others write to as well. */
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import kafkajs, { type Admin, type Consumer } from 'kafkajs';
import type { Config } from '../src/config.ts';
import { reasonOf, userError } from '../src/errors.ts';
import { kafkaClientOptions } from '../src/server/sink/kafka-options.ts';
import type { RecordPlace } from './record-place.ts';
import { RecordTally } from './record-tally.ts';

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs;

// kafkajs knows of zstd but brings no codec.
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: ({ buffer }: { buffer: Buffer }) => promisify(zstdCompress)(buffer),
  decompress: (buffer: Buffer) => promisify(zstdDecompress)(buffer),
});

const PARTITIONS = 12;
const MOST_REPLICAS = 3;
const LEADER_TRIES = 40;
const LEADER_PAUSE_MS = 250;
const LONGEST_TOPIC_NAME = 249;
/** Of our own requests: the server's `request.timeout` may be short, as it is what some tests are about. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Counting ends with an error when not one record comes for so long before the end is reached. */
const STALLED_MS = 30_000;

export interface TopicPlaceOptions {
  readonly config: Config;
  readonly run: string;
  /** Make `{topic}.loadtest.{run}` and delete it afterwards; else the configured topic is read from its end on. */
  readonly temporary: boolean;
  /** Count all records, as those of this run cannot be told apart. */
  readonly everyRecord: boolean;
}

/** The name of a run's own topic, within Kafka's limit. */
export function temporaryTopic(topic: string, run: string): string {
  const suffix = `.loadtest.${run}`;
  return topic.slice(0, LONGEST_TOPIC_NAME - suffix.length) + suffix;
}

/**
 * A topic as the place of a run's records.
 * Its methods throw RedirectorError BROKERS_UNREACHABLE, KAFKA_REQUEST_FAILED, TOPIC_NOT_FOUND.
 */
export function topicPlace({ config, run, temporary, everyRecord }: TopicPlaceOptions): RecordPlace {
  const topic = temporary ? temporaryTopic(config.topic, run) : config.topic;
  const brokers = config.brokers?.join(',') ?? '';
  const kafka = new Kafka({
    ...kafkaClientOptions(config),
    requestTimeout: REQUEST_TIMEOUT_MS,
    logLevel: logLevel.NOTHING,
    retry: { retries: 4, initialRetryTime: 100, maxRetryTime: 2000 },
  });
  let made = false;
  let starts = new Map<number, bigint>();

  /** Connects an admin for one task: kafkajs spins on a connection that stays open for nothing. */
  async function withAdmin<T>(use: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = kafka.admin();
    try {
      await admin.connect();
    } catch (error) {
      throw userError('BROKERS_UNREACHABLE', { brokers, reason: reasonOf(error) }, { cause: error });
    }
    try {
      return await use(admin);
    } catch (error) {
      if (isOfType(error, 'UNKNOWN_TOPIC_OR_PARTITION')) {
        throw userError('TOPIC_NOT_FOUND', { topic, brokers });
      }
      throw userError('KAFKA_REQUEST_FAILED', { brokers, reason: reasonOf(error) }, { cause: error });
    } finally {
      await admin.disconnect().catch(() => {});
    }
  }

  return {
    kind: 'topic',
    name: topic,

    prepare: () =>
      withAdmin(async (admin) => {
        if (temporary) {
          const cluster = await admin.describeCluster();
          const replicationFactor = Math.min(cluster.brokers.length, MOST_REPLICAS);
          made = true;
          await admin.createTopics({
            topics: [{ topic, numPartitions: config['record.partitions'] ?? PARTITIONS, replicationFactor }],
            waitForLeaders: true,
          });
        }
        // A new topic is read from its beginning.
        if (!temporary) starts = await endsOf(admin, topic);
      }),

    async count() {
      const tally = new RecordTally(run, everyRecord);
      const groupId = `redirector-loadtest-${run}`;
      const ends = await withAdmin((admin) => endsOf(admin, topic));
      const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100, minBytes: 1 });
      try {
        await readBetween(consumer, topic, starts, ends, tally);
      } catch (error) {
        throw userError('KAFKA_REQUEST_FAILED', { brokers, reason: reasonOf(error) }, { cause: error });
      } finally {
        await consumer.disconnect().catch(() => {});
        // It expires by itself where this client may not delete groups.
        await withAdmin((admin) => admin.deleteGroups([groupId])).catch(() => {});
      }
      return tally;
    },

    async remove() {
      if (!made) return;
      made = false;
      await withAdmin((admin) => admin.deleteTopics({ topics: [topic] }));
    },
  };
}

/** kafkajs wraps the broker's error when it gives up trying. */
function isOfType(error: unknown, type: string): boolean {
  for (let link = error; link instanceof Error; link = link.cause) {
    if ((link as { type?: string }).type === type) return true;
  }
  return false;
}

/** Where each partition ends now. A new topic's leaders may not know yet that they are: kafkajs does not try that again. */
async function endsOf(admin: Admin, topic: string): Promise<Map<number, bigint>> {
  for (let tries = 1; ; tries++) {
    try {
      const offsets = await admin.fetchTopicOffsets(topic);
      return new Map(offsets.map(({ partition, high }) => [partition, BigInt(high)]));
    } catch (error) {
      if (!isOfType(error, 'NOT_LEADER_FOR_PARTITION') || tries === LEADER_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, LEADER_PAUSE_MS));
    }
  }
}

/** Adds the records from `starts` up to `ends` (both per partition, `ends` not included) to `tally`. */
async function readBetween(
  consumer: Consumer,
  topic: string,
  starts: ReadonlyMap<number, bigint>,
  ends: ReadonlyMap<number, bigint>,
  tally: RecordTally,
): Promise<void> {
  const open = new Set([...ends].filter(([id, end]) => end > (starts.get(id) ?? 0n)).map(([id]) => id));
  // Each offset once, whatever the consumer fetches again.
  const next = new Map(starts);
  if (open.size === 0) return;
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  const giveUp = (): void =>
    reject(new Error(`no records came for ${STALLED_MS / 1000} s, ${open.size} partitions before their end`));
  let stalled = setTimeout(giveUp, STALLED_MS);
  consumer.on('consumer.crash', ({ payload }) => {
    if (!payload.restart) reject(payload.error);
  });
  // Joining is done again after a failure, and begins where the last one came to: nothing is committed.
  consumer.on('consumer.group_join', () => {
    for (const partition of open) {
      consumer.seek({ topic, partition, offset: (next.get(partition) ?? 0n).toString() });
    }
  });
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        clearTimeout(stalled);
        stalled = setTimeout(giveUp, STALLED_MS);
        const end = ends.get(batch.partition) ?? 0n;
        let from = next.get(batch.partition) ?? 0n;
        for (const { offset, value } of batch.messages) {
          const at = BigInt(offset);
          if (at < from || at >= end) continue;
          from = at + 1n;
          if (value !== null) tally.add(value.toString());
        }
        next.set(batch.partition, from);
        if (BigInt(batch.lastOffset()) + 1n < end) return;
        open.delete(batch.partition);
        if (open.size === 0) resolve();
      },
    });
    await done;
  } finally {
    clearTimeout(stalled);
  }
}
