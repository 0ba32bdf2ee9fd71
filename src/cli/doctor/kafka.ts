/** Checks Kafka as the shipper will meet it: brokers, topic, the right to write, producer ids, sizes. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../config.ts';
import { userError } from '../../errors.ts';
import { SLAB_BYTES } from '../../limits.ts';
import { loadRules } from '../../server/redirect/rules.ts';
import { forbidden, isForbidden, isRetriableInit } from '../../server/sink/kafka-errors.ts';
import { kafkaClientOptions } from '../../server/sink/kafka-options.ts';
import { KafkaTransport, type TopicMetadata } from '../../server/sink/kafka-transport.ts';
import { troubleSentence, unreachableReason } from '../../server/sink/kafka-trouble.ts';
import { hideNegativeTimers, topicSettings, withAdmin } from '../kafka-admin.ts';
import { examineBrokers } from './brokers.ts';
import { type Check, type Finding, failed, failedBy, ok, skipped, warning } from './finding.ts';

/** The first who asks a broker after its start is told to ask again; in ms. */
const INIT_TRIES = 10;
const INIT_PAUSE_MS = 300;

const GRANT = 'Grant this client the operation Write on the topic; docs/kafka-security.md has the rights.';

/**
 * A batch that no broker can accept: it has no record, and its checksum is wrong. A broker judges the right to write first,
 * so its answer tells of that.
 */
function unacceptableBatch(): Buffer {
  const batch = Buffer.alloc(61); // the header of a RecordBatch
  batch.writeInt32BE(batch.length - 12, 8);
  batch[16] = 2; // its version
  return batch;
}

function examineTopic(config: Config, topic: string, { error, leaders }: TopicMetadata): Finding {
  const { brokers, 'record.partitions': places = 0 } = config;
  if (error === 'UNKNOWN_TOPIC_OR_PARTITION')
    return failedBy(userError('TOPIC_NOT_FOUND', { topic, brokers: (brokers ?? []).join(', ') }));
  if (isForbidden(error)) return failed(forbidden(error, topic), GRANT);
  if (error !== 'NONE')
    return warning(`Topic "${topic}" cannot be used now: ${error}.`, 'Look again in a while.');
  const without = [...leaders.values()].filter((leader) => leader < 0).length;
  const found = `Topic "${topic}" has ${leaders.size} partitions`;
  if (config['record.key'] !== 'none' && places % leaders.size !== 0)
    return warning(
      `${found}, which do not divide record.partitions (${places}): keys are not where other producers would put them.`,
      `Set record.partitions to ${leaders.size}, or to a multiple of the partitions of all topics.`,
    );
  if (without === 0) return ok(`${found}, each with a leader.`);
  return warning(`${found}, and ${without} of them have no leader.`, 'Check the brokers that hold them.');
}

async function examineRight(
  transport: KafkaTransport,
  topic: string,
  leaders: TopicMetadata['leaders'],
): Promise<Finding> {
  const [partition, leader] = [...leaders].find(([, node]) => node >= 0) ?? [];
  if (partition === undefined || leader === undefined)
    return skipped('The right to write: no partition has a leader.');
  const batches = [{ topic, partition, bytes: unacceptableBatch() }];
  const { results } = await transport.produce(leader, { acks: 1, batches, beforeWrite() {} });
  const error = results[0]?.error ?? 'NONE';
  if (isForbidden(error)) return failed(forbidden(error, topic), GRANT);
  if (error === 'CORRUPT_MESSAGE' || error.startsWith('INVALID_'))
    return ok(`This client may write to topic "${topic}".`);
  return warning(
    `Whether this client may write to topic "${topic}" cannot be told: ${error}.`,
    'Look again in a while.',
  );
}

async function examineIdempotence(
  transport: KafkaTransport,
  { idempotence, acks }: Config,
): Promise<Finding> {
  if (idempotence === 'off' || acks !== 'all')
    return skipped('Batches are not idempotent with these options.');
  let { error } = await transport.initProducerId();
  for (let asked = 1; isRetriableInit(error) && asked < INIT_TRIES; asked++) {
    await sleep(INIT_PAUSE_MS);
    ({ error } = await transport.initProducerId());
  }
  if (error === 'NONE') return ok('The cluster gives producer ids: batches are idempotent.');
  const found = `The cluster gives no producer id: ${error}.`;
  if (isRetriableInit(error)) return warning(found, 'Look again in a while.');
  if (idempotence === 'on')
    return failed(found, 'Grant it (the operation IdempotentWrite), or choose idempotence: auto.');
  return warning(
    found,
    'Batches that are sent again can be appended twice. Grant it the operation IdempotentWrite.',
  );
}

async function examineSize(config: Config, topic: string): Promise<Finding> {
  try {
    const [setting] = await withAdmin(config, (admin) => topicSettings(admin, topic, ['max.message.bytes']));
    const limit = Number(setting?.value);
    const found = `Topic "${topic}" takes batches of ${limit} bytes; ours have ${SLAB_BYTES} at most.`;
    if (limit >= SLAB_BYTES) return ok(found);
    return warning(found, 'Larger ones go in parts, which costs more: raise max.message.bytes of the topic.');
  } catch (error) {
    // To see the settings of a topic is a right of its own, which a server does not need.
    return skipped(`The size of batches: ${failedBy(error).found}`);
  }
}

/** Topics that rules name beside that of the options; what is wrong with rules is told by the check of the configuration. */
function topicsOfRules(config: Config): readonly string[] {
  try {
    return loadRules(config).set.topics;
  } catch {
    return [];
  }
}

async function examineWriting(config: Config): Promise<Finding[]> {
  hideNegativeTimers();
  const transport = new KafkaTransport(kafkaClientOptions(config));
  try {
    const findings: Finding[] = [];
    for (const topic of [config.topic, ...topicsOfRules(config)]) {
      const metadata = await transport.metadata(topic);
      const found = examineTopic(config, topic, metadata);
      findings.push(found);
      if (found.outcome === 'failed') continue;
      findings.push(await examineRight(transport, topic, metadata.leaders), await examineSize(config, topic));
    }
    // Asked of a client that may write nowhere, it would tell of that alone.
    if (findings.some(({ outcome }) => outcome === 'ok'))
      findings.push(await examineIdempotence(transport, config));
    return findings;
  } catch (error) {
    const hint =
      'A broker that answers at first and not later is often behind an address that it should not tell.';
    return [{ ...failed(troubleSentence('A broker', error, unreachableReason), hint), unreachable: true }];
  } finally {
    transport.close();
  }
}

export const kafka: Check = {
  name: 'kafka',
  async run({ config }) {
    if (config.sink !== 'kafka') return skipped('Records do not go to Kafka.');
    const { findings, reachable } = await examineBrokers(config);
    if (!reachable) return [...findings, skipped('Topic and rights: no broker can be used.')];
    return [...findings, ...(await examineWriting(config))];
  },
};
