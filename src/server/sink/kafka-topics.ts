/** The topics that the sink sends to: the one of the options, and those that rules or rows of the spool have named. */
import { NO_PLACE, placeOfLane, topicOfLane } from '../queue/lane.ts';
import { flag, slabWord } from '../queue/slab-layout.ts';
import type { SlabPool } from '../queue/slab-pool.ts';
import type { TopicTable } from '../queue/topic-table.ts';
import type { Partition } from './kafka-partition.ts';
import type { KafkaTopic } from './kafka-topic.ts';
import type { SinkStatus } from './sink.ts';

export interface KafkaTopicsOptions {
  readonly pool: SlabPool;
  readonly table: TopicTable;
  /** @param isFirst it is that of the options */
  readonly make: (name: string, isFirst: boolean) => KafkaTopic;
}

export class KafkaTopics {
  readonly #o: KafkaTopicsOptions;
  /** By name, as a topic can have two numbers. */
  readonly #named = new Map<string, KafkaTopic>();
  /** By number, as far as the table was read. */
  readonly #numbered: KafkaTopic[] = [];
  #all: readonly KafkaTopic[] = [];

  constructor(options: KafkaTopicsOptions) {
    this.#o = options;
    this.#make(0);
  }

  /** All of them; that of the options is the first. */
  get all(): readonly KafkaTopic[] {
    return this.#all;
  }

  /** Begins to look for partitions. */
  open(): void {
    for (const topic of this.#all) topic.request();
    this.learn();
  }

  /** Looks for those of topics that have come into the table. */
  learn(): void {
    const { table } = this.#o;
    for (let number = this.#numbered.length; number < table.size; number++) {
      if (table.name(number) !== undefined) this.#topic(number);
    }
  }

  #topic(number: number): KafkaTopic {
    const known = this.#numbered[number];
    if (known !== undefined) return known;
    const topic = this.#make(number);
    topic.request();
    return topic;
  }

  #make(number: number): KafkaTopic {
    const name = this.#o.table.name(number)!; // it stands there before a slab has its number
    let topic = this.#named.get(name);
    if (topic === undefined) {
      topic = this.#o.make(name, number === 0);
      this.#named.set(name, topic);
      this.#all = [...this.#named.values()];
    }
    this.#numbered[number] = topic;
    return topic;
  }

  /** The topic of a slab. */
  of(slab: number): KafkaTopic {
    return this.#topic(topicOfLane(this.#o.pool.get(slab, slabWord.LANE)));
  }

  /** The partition that a slab of unknown fate is bound to. */
  boundTo(slab: number): Partition {
    return this.of(slab).partition(this.#o.pool.get(slab, slabWord.PARTITION));
  }

  /** The partition that a slab goes to: that of its keys, or the next in turn; undefined where that is not ready. */
  choose(slab: number, isReady: (partition: Partition) => boolean): Partition | undefined {
    const topic = this.of(slab);
    const place = placeOfLane(this.#o.pool.get(slab, slabWord.LANE));
    if (place === NO_PLACE) return topic.choose(isReady);
    const partition = topic.keyed(place);
    return partition !== undefined && isReady(partition) ? partition : undefined;
  }

  /** Whether a slab waits for its topic or partition alone: others could be sent. */
  isStuck(slab: number): boolean {
    const { pool } = this.#o;
    if (pool.hasFlag(slab, flag.REPLAYED)) return false;
    const topic = this.of(slab);
    const place = placeOfLane(pool.get(slab, slabWord.LANE));
    if (topic.isRefused) return this.#all.some((other) => !other.isRefused && other.hasLeader);
    if (topic.isInTrouble || place === NO_PLACE) return false;
    return topic.hasLeader && topic.keyed(place)?.leader === -1;
  }

  get partitions(): readonly Partition[] {
    if (this.#all.length === 1) return this.#all[0]!.partitions;
    return this.#all.flatMap(({ partitions }) => partitions);
  }

  get isIdle(): boolean {
    return this.#all.every(({ isIdle }) => isIdle);
  }

  /** That of the first topic that is in trouble, else of the first one. */
  get status(): SinkStatus {
    const states = this.#all.map(({ state }) => state.status);
    return states.find(({ state }) => state === 'degraded') ?? states[0]!;
  }
}
