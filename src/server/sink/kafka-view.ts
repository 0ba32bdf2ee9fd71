/** What the sink knows of the cluster, for people to look at: brokers and partitions with their states. */
import type { Partition } from './kafka-partition.ts';
import type { KafkaTopic } from './kafka-topic.ts';
import type { BrokerView, ClusterView, PartitionView } from './sink.ts';

/** Of brokers, and of partitions: a cluster may have any number. */
const MAX_LISTED = 200;

type KnownTopic = Pick<KafkaTopic, 'brokers' | 'partitions' | 'isCutOff' | 'looks'>;

export class KafkaView {
  readonly #topic: string;
  readonly #known: KnownTopic;
  readonly #isFailing: (nodeId: number) => boolean;
  #looks = 0;
  #isOld = false;
  #view: ClusterView | undefined;

  /** @param isFailing whether the last request to a broker got no answer */
  constructor(topic: string, known: KnownTopic, isFailing: (nodeId: number) => boolean) {
    this.#topic = topic;
    this.#known = known;
    this.#isFailing = isFailing;
  }

  /** A broker has begun to fail, or to answer again. */
  changed(): void {
    this.#isOld = true;
  }

  /** The same object as long as nothing has changed; undefined before a broker has answered. */
  read(): ClusterView | undefined {
    const { looks, brokers } = this.#known;
    if (brokers.size > 0 && (this.#isOld || looks !== this.#looks)) {
      this.#looks = looks;
      this.#isOld = false;
      this.#view = this.#build();
    }
    return this.#view;
  }

  #build(): ClusterView {
    const { brokers, partitions, isCutOff } = this.#known;
    const isFailing = (id: number): boolean => isCutOff || this.#isFailing(id);
    const brokerViews = [...brokers].map(
      ([id, address]): BrokerView => ({
        id,
        address,
        state: isFailing(id) ? 'failing' : 'up',
        leads: partitions.filter(({ leader }) => leader === id).length,
      }),
    );
    const partitionViews = partitions.map((partition) => viewOf(partition, isFailing));
    return {
      topic: this.#topic,
      brokers: brokerViews.sort((a, b) => a.id - b.id).slice(0, MAX_LISTED),
      brokerCount: brokers.size,
      partitions: listed(partitionViews),
      partitionCount: partitions.length,
    };
  }
}

function viewOf({ id, leader, gone }: Partition, isFailing: (id: number) => boolean): PartitionView {
  if (gone) return { id, leader: null, state: 'gone' };
  if (leader < 0) return { id, leader: null, state: 'no_leader' };
  return { id, leader, state: isFailing(leader) ? 'leader_failing' : 'ready' };
}

/** Those in trouble first, where there are too many to list all. */
function listed(partitions: readonly PartitionView[]): PartitionView[] {
  const isReady = ({ state }: PartitionView): boolean => state === 'ready';
  return [...partitions.filter((partition) => !isReady(partition)), ...partitions.filter(isReady)]
    .slice(0, MAX_LISTED)
    .sort((a, b) => a.id - b.id);
}
