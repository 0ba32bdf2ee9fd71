/** A Kafka admin client for one command: it gives up soon, says why in our words, and prints nothing by itself. */
import type { Admin, ITopicMetadata } from 'kafkajs';
import type { Config } from '../config.ts';
import { RedirectorError, reasonOf, userError } from '../errors.ts';
import type { OptionKey } from '../options.ts';
import { kafkaClientOptions } from '../server/sink/kafka-options.ts';
import type { KafkaTransport } from '../server/sink/kafka-transport.ts';
import { AnswerTimeout, isRefusal, refusalReason, unreachableReason } from '../server/sink/kafka-trouble.ts';

/** What a command that talks to Kafka takes from the option table to find it. */
export const kafkaConnectionKeys = [
  'brokers',
  'clientId',
  'request.timeout',
  'sasl.mechanism',
  'sasl.username',
  'sasl.password',
  'sasl.oauth.tokenEndpoint',
  'sasl.oauth.clientId',
  'sasl.oauth.clientSecret',
  'sasl.oauth.scope',
  'sasl.oauth.provider',
  'tls.enabled',
  'tls.ca',
  'tls.cert',
  'tls.key',
] as const satisfies readonly OptionKey[];

/** All tries to reach any broker together, in ms. */
const CONNECT_DEADLINE_MS = 7000;
/** All that is asked of Kafka after that, in ms. */
const WORK_DEADLINE_MS = 30_000;
/** One request: a person waits. */
const REQUEST_TIMEOUT_MS = 5000;
/** How often a condition of the cluster is looked at, in ms. */
const POLL_MS = 50;

/**
 * Connects, does `work`, and disconnects.
 * @throws RedirectorError BROKERS_MISSING; TOKEN_UNAVAILABLE, CREDENTIALS_REFUSED or BROKERS_UNREACHABLE within 7 s;
 *   KAFKA_REQUEST_FAILED with Kafka's name of the error; what `work` throws of ours.
 */
export async function withAdmin<T>(config: Config, work: (admin: Admin) => Promise<T>): Promise<T> {
  const options = kafkaClientOptions(config);
  const brokers = (config.brokers ?? []).join(', ');
  hideNegativeTimers();
  const { Kafka } = await import('kafkajs');
  const admin = new Kafka({
    ...options,
    requestTimeout: Math.min(REQUEST_TIMEOUT_MS, options.requestTimeout),
    // One retry for each broker of the list, so that each has its turn; kafkajs's own default tries for 21 s.
    retry: { retries: Math.max(2, options.brokers.length), initialRetryTime: 100, maxRetryTime: 500 },
  }).admin();
  try {
    const connect = async (): Promise<void> => {
      await options.tokens?.get(); // first: kafkajs would take its failure for one of the connection, and try again
      await admin.connect();
    };
    await within(CONNECT_DEADLINE_MS, brokers, connect());
    return await within(WORK_DEADLINE_MS, brokers, work(admin));
  } catch (error) {
    throw describeFailure(error, brokers);
  } finally {
    // It waits for answers that may never come: the command's own end must not wait for it.
    admin.disconnect().catch(() => {});
  }
}

/** Requests that kafkajs's admin does not have; for `work` within `withAdmin`, which says what is wrong. */
export async function withTransport<T>(
  config: Config,
  work: (transport: KafkaTransport) => Promise<T>,
): Promise<T> {
  const { KafkaTransport } = await import('../server/sink/kafka-transport.ts');
  const transport = new KafkaTransport(kafkaClientOptions(config));
  try {
    return await work(transport);
  } finally {
    transport.close();
  }
}

async function within<T>(milliseconds: number, brokers: string, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(
      userError('BROKERS_UNREACHABLE', { brokers, reason: `no answer within ${milliseconds / 1000} s` }),
    );
  }, milliseconds);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
    promise.catch(() => {}); // when it lost the race its own failure has nobody to tell
  }
}

/** kafkajs re-arms a timer with a negative delay, about which Node warns on standard error. */
export function hideNegativeTimers(): void {
  const printers = process.listeners('warning');
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (warning.name === 'TimeoutNegativeWarning') return;
    for (const print of printers) print(warning);
  });
}

/** The error of Kafka's protocol within what kafkajs throws, e.g. TOPIC_AUTHORIZATION_FAILED; undefined for others. */
export function kafkaErrorType(error: unknown): string | undefined {
  for (const link of chain(error)) if (typeof link.type === 'string') return link.type;
  return undefined;
}

type Link = Error & { readonly type?: unknown; readonly errors?: readonly unknown[] };

/** kafkajs wraps errors in causes and aggregates. */
function* chain(error: unknown): Generator<Link> {
  for (let link = error; link instanceof Error; ) {
    yield link;
    link = (link as Link).errors?.[0] ?? link.cause;
  }
}

function describeFailure(error: unknown, brokers: string): unknown {
  if (error instanceof RedirectorError) return error;
  const links = [...chain(error)];
  const type = kafkaErrorType(error);
  const inner = links.at(-1);
  const refusal = links.findLast(isRefusal);
  if (refusal !== undefined)
    return userError('CREDENTIALS_REFUSED', { brokers, reason: refusalReason(refusal) }, { cause: error });
  if (type !== undefined) {
    const reason = `${type}: ${reasonOf(inner)}`;
    return userError('KAFKA_REQUEST_FAILED', { brokers, reason }, { cause: error });
  }
  // A bug of ours (a TypeError) is wrapped by kafkajs too; what is left of its own errors is about connections.
  const isLate = inner instanceof AnswerTimeout;
  if (isLate || inner?.name.startsWith('KafkaJS') || inner?.message === NOT_CONNECTED) {
    const reason = inner.message === NOT_CONNECTED ? 'no answer' : unreachableReason(inner);
    return userError('BROKERS_UNREACHABLE', { brokers, reason }, { cause: error });
  }
  return error;
}

/** What kafkajs says, in a plain Error, of a broker that takes a connection and then never answers. */
const NOT_CONNECTED = 'Broker not connected';

/** What was asked for, or undefined when it failed with this error of Kafka's protocol. */
async function unless<T>(errorType: string, asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (kafkaErrorType(error) === errorType) return undefined;
    throw error;
  }
}

/** A topic's metadata, or undefined when there is no such topic. Never creates one. */
export async function findTopic(admin: Admin, topic: string): Promise<ITopicMetadata | undefined> {
  const found = await unless('UNKNOWN_TOPIC_OR_PARTITION', admin.fetchTopicMetadata({ topics: [topic] }));
  return found?.topics[0];
}

/**
 * Resolves with the topic's metadata when it exists and each of its partitions has an elected leader. It waits for ever:
 * the deadline is `withAdmin`'s.
 */
export async function topicWithLeaders(admin: Admin, topic: string): Promise<ITopicMetadata> {
  return untilFound(async () => {
    const found = await unless('LEADER_NOT_AVAILABLE', findTopic(admin, topic));
    return found?.partitions.every(({ leader }) => leader >= 0) ? found : undefined;
  });
}

async function untilFound<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** A topic's setting with its value, and who set it. */
export interface TopicSetting {
  readonly name: string;
  readonly value: string;
  /** `topic`: set for this topic; `broker`: by the brokers' configuration; `default`: by nobody. */
  readonly from: 'topic' | 'broker' | 'default';
}

/** kafkajs's ConfigResourceTypes and ConfigSource, whose import would load it. */
const TOPIC_RESOURCE = 2;
const SOURCES: Readonly<Record<number, TopicSetting['from']>> = { 1: 'topic', 5: 'default' };

/**
 * The settings of a topic that exists; only `names` when they are given. A broker that has not heard of a new topic yet is asked
 * again; the deadline is `withAdmin`'s.
 */
export async function topicSettings(
  admin: Admin,
  topic: string,
  names?: readonly string[],
): Promise<TopicSetting[]> {
  const resource = {
    type: TOPIC_RESOURCE,
    name: topic,
    ...(names === undefined ? {} : { configNames: [...names] }),
  };
  const { resources } = await untilFound(() =>
    unless(
      'UNKNOWN_TOPIC_OR_PARTITION',
      admin.describeConfigs({ resources: [resource], includeSynonyms: false }),
    ),
  );
  const entries = resources[0]?.configEntries ?? [];
  return entries.map(({ configName, configValue, configSource }) => ({
    name: configName,
    value: configValue,
    from: SOURCES[configSource] ?? 'broker',
  }));
}

/** Replicas of each partition; Kafka lets them differ only while they are being moved. */
export const replicationFactorOf = (topic: ITopicMetadata): number =>
  topic.partitions[0]?.replicas.length ?? 0;
