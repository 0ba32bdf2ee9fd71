/** One topic: its partitions and who leads them, kept up to date, and how sending to it goes. */
import { KafkaBatches, type KafkaBatchesOptions } from './kafka-batches.ts';
import type { KafkaBrokers } from './kafka-brokers.ts';
import { forbidden, isForbidden } from './kafka-errors.ts';
import { Partition, retryBackoff } from './kafka-partition.ts';
import type { KafkaTransport, TopicMetadata } from './kafka-transport.ts';
import { troubleSentence, unreachableReason } from './kafka-trouble.ts';
import { Upkeep } from './kafka-upkeep.ts';
import type { SinkState } from './sink-state.ts';

export interface KafkaTopicOptions extends Omit<KafkaBatchesOptions, 'look'> {
  readonly transport: Pick<KafkaTransport, 'metadata'>;
  readonly state: SinkState;
  /** Told of those that a look finds. */
  readonly brokers: KafkaBrokers;
  /** `record.partitions`, which must be a multiple of the topic's: else keys are not where others would put them. */
  readonly places: number;
  /** Called after each look, when batches may be able to go on. */
  readonly onLook: () => void;
}

export class KafkaTopic {
  readonly #o: KafkaTopicOptions;
  readonly #upkeep: Upkeep;
  readonly batches: KafkaBatches;
  readonly #partitions = new Map<number, Partition>();
  #order: Partition[] = [];
  #turn = 0;
  #lookFailed = false;
  #isRefused = false;
  /** How many partitions the topic has; 0: that is not known yet. */
  #count = 0;

  constructor(options: KafkaTopicOptions) {
    this.#o = options;
    this.#upkeep = new Upkeep(() => this.#look(), retryBackoff(), options.metadataMaxAgeMs);
    this.batches = new KafkaBatches({ ...options, look: () => this.request() });
  }

  get name(): string {
    return this.#o.topic;
  }

  get state(): SinkState {
    return this.#o.state;
  }

  /** Every partition that is known, by id. */
  get partitions(): readonly Partition[] {
    return this.#order;
  }

  /** The last look found no broker, or a trouble of the whole topic: more than any one broker's failure tells. */
  get isInTrouble(): boolean {
    return this.#lookFailed;
  }

  /** Brokers answer, and say that this topic cannot be written. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  get hasLeader(): boolean {
    return this.#order.some(({ leader }) => leader >= 0);
  }

  /** No batch is under way. */
  get isIdle(): boolean {
    return this.#order.every(({ pending }) => pending === undefined);
  }

  /** The partition with this id; made where it is not known yet. */
  partition(id: number): Partition {
    let partition = this.#partitions.get(id);
    if (partition === undefined) {
      partition = new Partition(this, id);
      this.#partitions.set(id, partition);
      this.#order = [...this.#partitions.values()].sort((a, b) => a.id - b.id);
    }
    return partition;
  }

  /** The partition of keys with this place (queue/lane.ts); undefined while it is not known how many there are. */
  keyed(place: number): Partition | undefined {
    return this.#count === 0 ? undefined : this.partition(place % this.#count);
  }

  /** The next partition in turn for which `isReady` holds. */
  choose(isReady: (partition: Partition) => boolean): Partition | undefined {
    for (let step = 0; step < this.#order.length; step++) {
      const partition = this.#order[(this.#turn + step) % this.#order.length]!;
      if (isReady(partition)) return partition;
    }
    return undefined;
  }

  /** It is another partition's turn. */
  hadTurn(partition: Partition): void {
    this.#turn = (this.#order.indexOf(partition) + 1) % this.#order.length;
  }

  /** Asks for another look at who leads. */
  request(): void {
    this.#upkeep.request();
  }

  stop(): void {
    this.#upkeep.stop();
  }

  async #look(): Promise<boolean> {
    const { topic, transport, state, numbering, brokers, onLook } = this.#o;
    let metadata: TopicMetadata;
    try {
      metadata = await transport.metadata(topic);
    } catch (error) {
      this.#lookFailed = true;
      this.#isRefused = false;
      brokers.cutOff();
      state.degraded(troubleSentence('No broker answers', error, unreachableReason));
      return false;
    }
    const { leaders } = metadata;
    brokers.found(metadata.brokers);
    for (const id of leaders.keys()) this.partition(id);
    for (const partition of this.#order) {
      partition.leader = leaders.get(partition.id) ?? -1;
      if (metadata.error === 'NONE') partition.gone = !leaders.has(partition.id);
    }
    if (metadata.error === 'NONE') this.#counted(leaders.size);
    if (metadata.error === 'UNKNOWN_TOPIC_OR_PARTITION') {
      for (const partition of this.#order) numbering.forget(partition);
    }
    const problem = problemOf(topic, metadata);
    if (problem !== undefined) state.degraded(problem);
    // A trouble with a batch ends with its delivery; any other ends here, also while nothing is sent.
    else if (!numbering.isMissing && (this.#lookFailed || state.status.state === 'connecting' || this.isIdle))
      state.connected();
    this.#lookFailed = problem !== undefined;
    this.#isRefused = metadata.error !== 'NONE';
    onLook();
    // A partition without a leader gets one by itself: look again soon, not when the metadata is old.
    return problem === undefined && [...leaders.values()].every((leader) => leader >= 0);
  }

  #counted(count: number): void {
    const { places, topic, host } = this.#o;
    if (count !== this.#count && count > 0 && places % count !== 0) {
      host.log('redirector.kafka.keys_misplaced', {
        'messaging.destination.name': topic,
        'redirector.topic.partitions': count,
        'redirector.record.partitions': places,
      });
    }
    this.#count = count;
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
