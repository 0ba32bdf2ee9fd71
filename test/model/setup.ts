/** What a run of the model begins with. */
export interface Setup {
  readonly slabs: number;
  readonly listeners: number;
  readonly sink: 'kafka' | 'spool';
  readonly overflow: 'drop_newest' | 'drop_oldest' | 'spool';
  readonly idempotence: 'auto' | 'off';
  /** Lanes of each listener: one for records without a key, the others for a key each. */
  readonly lanes: number;
  readonly partitions: number;
  readonly brokers: number;
  readonly deliveryTimeoutMs: number;
  /** The spool's cap. */
  readonly spoolBytes: number;
  readonly whenFull: 'drop_oldest' | 'drop_newest';
  /** Rows of one record that the spool holds from before. */
  readonly inherited: number;
}

/** Whether there is a spooler: where the spool is the log or takes the overflow, or holds an old log. */
export const hasSpooler = ({ sink, overflow, inherited }: Setup): boolean =>
  sink === 'spool' || overflow === 'spool' || inherited > 0;

/** What the topic's partitions can be divisors of (`record.partitions`). */
export const PLACES = 6;

/** The key of a listener's record, by its sequence: its lanes have their turns. */
export const keyOf = ({ lanes }: Setup, sequence: number): Buffer | null =>
  sequence % lanes === 0 ? null : Buffer.from(`key ${sequence % lanes}`);

export const plainSetup: Setup = {
  slabs: 4,
  listeners: 1,
  sink: 'kafka',
  overflow: 'drop_newest',
  idempotence: 'auto',
  lanes: 1,
  partitions: 1,
  brokers: 1,
  deliveryTimeoutMs: 60_000,
  spoolBytes: 2 ** 30,
  whenFull: 'drop_newest',
  inherited: 0,
};
