/** What a run of the model begins with. */
export interface Setup {
  readonly slabs: number;
  readonly listeners: number;
  /** `replay`: Kafka, beside a spool that holds rows from before. */
  readonly sink: 'kafka' | 'spool' | 'replay';
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

export const plainSetup: Setup = {
  slabs: 4,
  listeners: 1,
  sink: 'kafka',
  idempotence: 'auto',
  partitions: 1,
  brokers: 1,
  deliveryTimeoutMs: 60_000,
  spoolBytes: 2 ** 30,
  whenFull: 'drop_newest',
  inherited: 0,
};
