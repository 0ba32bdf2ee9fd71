/** What a sink is: it takes sealed slabs and says, sooner or later, what became of each. */
import type { Log } from '../../telemetry/log-line.ts';
import type { SinkStats } from '../../telemetry/sink-stats.ts';
import type { DropReason } from '../queue/drop-reason.ts';
import type { Outcome } from '../queue/settlement.ts';

/** `returned`: no byte of the slab left the process, and it goes back into the queue with its ticket. */
export type SendOutcome = Outcome | { readonly kind: 'returned' };

/** Where a delivered batch stands; told for batches with a traced record. */
export interface BatchPlace {
  readonly topic: string;
  readonly partition: number;
  /** Offset of the batch's first record; undefined where the broker did not tell (acks 0, a duplicate). */
  readonly baseOffset: bigint | undefined;
}

export interface SinkStatus {
  readonly state: 'connected' | 'connecting' | 'degraded';
  /** One sentence, or null when all is well. */
  readonly lastError: string | null;
}

/** What limits a sink that takes one batch at a time on each of its partitions. */
export interface SinkPace {
  /** Those with a leader. */
  readonly partitions: number;
  /** From sending a batch to its acknowledgement, a running mean. */
  readonly ackMs: number;
}

/** What a sink knows of the cluster that it sends to. */
export interface ClusterView {
  /** The one of the options. */
  readonly topic: string;
  /** With those that rules or rows of the spool have named. */
  readonly topics: readonly string[];
  /** Those that the cluster names, by id; at most MAX_LISTED of `brokerCount`. */
  readonly brokers: readonly BrokerView[];
  readonly brokerCount: number;
  /** By topic and id; at most MAX_LISTED of `partitionCount`, then those in trouble first. */
  readonly partitions: readonly PartitionView[];
  readonly partitionCount: number;
}

export interface BrokerView {
  readonly id: number;
  /** `host:port`, as the cluster tells it to clients. */
  readonly address: string;
  /** `failing`: what was last asked of it got no answer. */
  readonly state: 'up' | 'failing';
  /** Partitions of the topics that it leads. */
  readonly leads: number;
}

export interface PartitionView {
  readonly topic: string;
  readonly id: number;
  /** Id of the broker that leads it; null while there is none. */
  readonly leader: number | null;
  /** `gone`: the topic is there without it. `leader_failing`: it has a leader, which is `failing`. */
  readonly state: 'ready' | 'leader_failing' | 'no_leader' | 'gone';
}

export interface Sink {
  readonly status: SinkStatus;
  /** Undefined while it is not known, and where there is none. Another object whenever it has changed. */
  readonly cluster?: ClusterView | undefined;
  /** Undefined while it is not known, and where there is no such limit. */
  readonly pace?: SinkPace | undefined;
  /** Begins to work and returns: connecting goes on in the background, for ever if need be. */
  open(): Promise<void>;
  /** How many more slabs it would take at this moment. */
  ready(): number;
  /** Whether it would take this slab next; without it, any. */
  accepts?(slab: number): boolean;
  /** Whether this slab waits for a topic or partition that cannot be used, while others can. */
  isStuck?(slab: number): boolean;
  /** Something in the pool has changed that batches under way may wait for. */
  poke?(): void;
  /** A drain has begun: nothing will make room any more. */
  lastCall?(): void;
  /** Why it takes nothing now, where that is to blame for what cannot be kept. */
  readonly refusal?: DropReason | undefined;
  /** Sends a slab that its caller has SENDING. Never rejects: a failure is an outcome. */
  send(slab: number): Promise<SendOutcome>;
  /** The place of a slab whose `send` resolved as delivered, where there is such a thing. */
  placeOf?(slab: number): BatchPlace | undefined;
  /**
   * Stops. Every `send` under way is resolved by `deadline` (monotonic ms), as dropped (shutdown_deadline) if need be.
   */
  close(deadline: number): Promise<void>;
}

/** What the supervisor is told of a sink. */
export type SinkReport = Pick<Sink, 'status' | 'pace' | 'cluster'>;

/** What a sink needs of its thread. */
export interface SinkHost {
  /** The thread's own counts. */
  readonly stats: SinkStats;
  /** Calls for another look at ready(). */
  wake(): void;
  /** One event for the log; repeated ones are the host's to collapse. */
  readonly log: Log;
}
