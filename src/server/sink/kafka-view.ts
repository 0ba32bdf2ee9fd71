/** What the sink knows of the cluster, for people to look at: brokers, topics and partitions with their states. */
import type { KafkaBrokers } from './kafka-brokers.ts';
import type { Partition } from './kafka-partition.ts';
import type { BrokerView, ClusterView, PartitionView } from './sink.ts';

/** Of brokers, and of partitions: a cluster may have any number. */
const MAX_LISTED = 200;

type KnownPartition = Pick<Partition, 'id' | 'leader' | 'gone'>;

interface KnownTopics {
  readonly all: readonly {
    readonly name: string;
    readonly partitions: readonly KnownPartition[];
  }[];
}

type KnownBrokers = Pick<KafkaBrokers, 'addresses' | 'changes' | 'isFailing'>;

export class KafkaView {
  readonly #topics: KnownTopics;
  readonly #brokers: KnownBrokers;
  #changes = 0;
  #view: ClusterView | undefined;

  constructor(topics: KnownTopics, brokers: KnownBrokers) {
    this.#topics = topics;
    this.#brokers = brokers;
  }

  /** The same object as long as nothing has changed; undefined before a broker has answered. */
  read(): ClusterView | undefined {
    const { addresses, changes } = this.#brokers;
    if (addresses.size > 0 && changes !== this.#changes) {
      this.#changes = changes;
      this.#view = this.#build();
    }
    return this.#view;
  }

  #build(): ClusterView {
    const topics = this.#topics.all;
    const brokers = this.#brokers;
    const partitions = topics.flatMap((topic) => topic.partitions);
    const brokerViews = [...brokers.addresses].map(
      ([id, address]): BrokerView => ({
        id,
        address,
        state: brokers.isFailing(id) ? 'failing' : 'up',
        leads: partitions.filter(({ leader }) => leader === id).length,
      }),
    );
    const partitionViews = topics.flatMap((topic) =>
      topic.partitions.map((partition) => ({ topic: topic.name, ...viewOf(partition, brokers) })),
    );
    return {
      topic: topics[0]!.name,
      topics: topics.map(({ name }) => name),
      brokers: brokerViews.sort((a, b) => a.id - b.id).slice(0, MAX_LISTED),
      brokerCount: brokerViews.length,
      partitions: listed(partitionViews),
      partitionCount: partitions.length,
    };
  }
}

function viewOf({ id, leader, gone }: KnownPartition, brokers: KnownBrokers): Omit<PartitionView, 'topic'> {
  if (gone) return { id, leader: null, state: 'gone' };
  if (leader < 0) return { id, leader: null, state: 'no_leader' };
  return { id, leader, state: brokers.isFailing(leader) ? 'leader_failing' : 'ready' };
}

/** In their order; those in trouble first come in, where there are too many to list all. */
function listed(partitions: readonly PartitionView[]): readonly PartitionView[] {
  if (partitions.length <= MAX_LISTED) return partitions;
  const isReady = ({ state }: PartitionView): boolean => state === 'ready';
  const chosen = new Set(
    [...partitions.filter((partition) => !isReady(partition)), ...partitions.filter(isReady)].slice(
      0,
      MAX_LISTED,
    ),
  );
  return partitions.filter((partition) => chosen.has(partition));
}
