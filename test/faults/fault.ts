/** What a fault is: something that goes wrong with Kafka under a server that answers, and what must hold all the same. */
import type { DropReason } from '../../src/server/queue/drop-reason.ts';
import type { Flags, ServingServer } from '../support/kafka-server.ts';
import type { SteadyLoad } from '../support/steady-load.ts';
import type { TopicOptions } from '../support/topics.ts';
import type { Bench } from './lab.ts';
import type { FaultReport } from './run-fault.ts';

/** The place of a fault, before there is a server. */
export interface Stage extends Bench {
  /** A name of its own; made before the server starts, unless the fault is that it is missing. */
  readonly topic: string;
}

/** The place of a fault under way: a server that logs to the topic, and a load on it. */
export interface Scene extends Stage {
  readonly server: ServingServer;
  readonly load: SteadyLoad;
  readonly rps: number;
  /** Waits for the requests of so many seconds. */
  pass(seconds: number): Promise<void>;
}

export interface Fault {
  /** For the command line and the table: `broker-killed`. */
  readonly name: string;
  /** One sentence, without its subject: what must hold while it lasts and after. */
  readonly holds: string;
  readonly brokers: 1 | 3;
  /** How the topic is made; `missing`: not at all. One partition by default. */
  readonly topic?: Omit<TopicOptions, 'name' | 'prefix'> | 'missing';
  readonly flags?: Flags;
  /** It is there before the server is: no calm comes first. */
  readonly fromStart?: boolean;
  /** It leaves the brokers and the way to them alone: other such faults may run at the same time. */
  readonly aside?: boolean;
  /** What may be lost, by reason; nothing by default. */
  readonly mayDrop?: readonly DropReason[];
  /** The broker cannot recognise all that is sent again: what comes twice must be counted in possibleDuplicates. */
  readonly mayRepeat?: boolean;
  /** A line of the log that tells of it; without it nothing may be told. */
  readonly told?: RegExp;
  /** How many lines of trouble it may make at most: 4 by default, more where each broker has a trouble of its own. */
  readonly mostLines?: number;
  /** Runs before the server starts, and may add flags. */
  prepare?(stage: Stage): Promise<Flags>;
  /** Begins it; resolves when the server has met it. */
  inject(scene: Scene): Promise<void>;
  /** Delivered records that it has taken out of the topic, asked for just before it is healed; none by default. */
  takenAway?(scene: Scene): Promise<number>;
  /** Ends it. */
  heal(scene: Scene): Promise<void>;
  /** What must hold of this fault alone; throws an AssertionError. */
  check?(report: FaultReport): void;
}
