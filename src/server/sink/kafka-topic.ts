/** The topic's partitions and who leads them, kept up to date. */
import { forbidden, isForbidden } from './kafka-errors.ts';
import { Partition, retryBackoff } from './kafka-partition.ts';
import type { KafkaTransport, TopicMetadata } from './kafka-transport.ts';
import { troubleSentence } from './kafka-trouble.ts';
import { Upkeep } from './kafka-upkeep.ts';
import type { SinkState } from './sink-state.ts';

export interface KafkaTopicOptions {
  readonly transport: Pick<KafkaTransport, 'metadata'>;
  readonly topic: string;
  /** How long a look is believed while nothing contradicts it. */
  readonly maxAgeMs: number;
  readonly state: SinkState;
  /** Whether batches lack nothing but a partition. */
  readonly canWrite: () => boolean;
  /** Called after each look, when batches may be able to go on. */
  readonly onLook: () => void;
  /** Called before that when there is no such topic, however often it is looked for. */
  readonly onMissing: () => void;
}

export class KafkaTopic {
  readonly #o: KafkaTopicOptions;
  readonly #upkeep: Upkeep;
  readonly #partitions = new Map<number, Partition>();
  #order: Partition[] = [];
  #turn = 0;
  #lookFailed = false;
  /** `host:port` of every broker, by id, as the last look that found one has it. */
  brokers: ReadonlyMap<number, string> = new Map();
  /** The last look found no broker. */
  isCutOff = false;
  /** How many looks have ended. */
  looks = 0;

  constructor(options: KafkaTopicOptions) {
    this.#o = options;
    this.#upkeep = new Upkeep(() => this.#look(), retryBackoff(), options.maxAgeMs);
  }

  /** Every partition that is known, by id. */
  get partitions(): readonly Partition[] {
    return this.#order;
  }

  /** The last look found no broker, or a trouble of the whole topic: more than any one broker's failure tells. */
  get isInTrouble(): boolean {
    return this.#lookFailed;
  }

  /** No batch is under way. */
  get isIdle(): boolean {
    return this.#order.every(({ pending }) => pending === undefined);
  }

  /** The partition with this id; made where it is not known yet. */
  partition(id: number): Partition {
    let partition = this.#partitions.get(id);
    if (partition === undefined) {
      partition = new Partition(id);
      this.#partitions.set(id, partition);
      this.#order = [...this.#partitions.values()].sort((a, b) => a.id - b.id);
    }
    return partition;
  }

  /** The next partition in turn for which `isReady` holds. */
  choose(isReady: (partition: Partition) => boolean): Partition | undefined {
    for (let step = 0; step < this.#order.length; step++) {
      const at = (this.#turn + step) % this.#order.length;
      const partition = this.#order[at]!;
      if (!isReady(partition)) continue;
      this.#turn = (at + 1) % this.#order.length;
      return partition;
    }
    return undefined;
  }

  /** Asks for another look at who leads. */
  request(): void {
    this.#upkeep.request();
  }

  stop(): void {
    this.#upkeep.stop();
  }

  async #look(): Promise<boolean> {
    const { topic, transport, state, canWrite, onLook, onMissing } = this.#o;
    let metadata: TopicMetadata;
    try {
      metadata = await transport.metadata(topic);
    } catch (error) {
      this.#lookFailed = true;
      this.isCutOff = true;
      this.looks++;
      state.degraded(troubleSentence('No broker answers', error));
      return false;
    }
    const { leaders } = metadata;
    this.brokers = metadata.brokers;
    this.isCutOff = false;
    this.looks++;
    for (const id of leaders.keys()) this.partition(id);
    for (const partition of this.#order) {
      partition.leader = leaders.get(partition.id) ?? -1;
      if (metadata.error === 'NONE') partition.gone = !leaders.has(partition.id);
    }
    if (metadata.error === 'UNKNOWN_TOPIC_OR_PARTITION') onMissing();
    const problem = problemOf(topic, metadata);
    if (problem !== undefined) state.degraded(problem);
    // A trouble with a batch ends with its delivery; any other ends here, also while nothing is sent.
    else if (canWrite() && (this.#lookFailed || state.status.state === 'connecting' || this.isIdle))
      state.connected();
    this.#lookFailed = problem !== undefined;
    onLook();
    // A partition without a leader gets one by itself: look again soon, not when the metadata is old.
    return problem === undefined && [...leaders.values()].every((leader) => leader >= 0);
  }
}

function problemOf(topic: string, { error, leaders }: TopicMetadata): string | undefined {
  if (error === 'UNKNOWN_TOPIC_OR_PARTITION') {
    return `Topic "${topic}" does not exist: make it with "redirector topics create" (${error}).`;
  }
  if (isForbidden(error)) return forbidden(error, topic);
  if (error !== 'NONE') return `${error}: topic "${topic}".`;
  if (leaders.size > 0 && [...leaders.values()].every((leader) => leader < 0)) {
    return `No partition of topic "${topic}" has a leader.`;
  }
  return undefined;
}
