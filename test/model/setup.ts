/** What a run of the model begins with. */
export interface Setup {
  readonly slabs: number;
  readonly listeners: number;
  readonly sink: 'kafka' | 'spool';
  readonly overflow: 'drop_newest' | 'drop_oldest' | 'spool';
  readonly idempotence: 'auto' | 'off';
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

export const plainSetup: Setup = {
  slabs: 4,
  listeners: 1,
  sink: 'kafka',
  overflow: 'drop_newest',
  idempotence: 'auto',
  partitions: 1,
  brokers: 1,
  deliveryTimeoutMs: 60_000,
  spoolBytes: 2 ** 30,
  whenFull: 'drop_newest',
  inherited: 0,
};
