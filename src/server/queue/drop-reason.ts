/** The closed set of reasons for which a record can be dropped. Their order is their number in shared memory. */
export const dropReasons = [
  'queue_full',
  'evicted',
  'record_too_large',
  'delivery_timeout',
  'rejected',
  'spool_full',
  'spool_error',
  'expired',
  'shutdown_deadline',
  'crash',
] as const;

export type DropReason = (typeof dropReasons)[number];

/** One sentence for each reason, for documents and status pages. */
export const dropReasonMeaning: Readonly<Record<DropReason, string>> = {
  queue_full: 'The queue was full when the record was offered.',
  evicted: 'The record was the oldest in a full queue and made room for a newer one.',
  record_too_large: 'The record does not fit into one batch.',
  delivery_timeout: 'The sink did not confirm the batch within delivery.timeout.',
  rejected: 'The sink refused the batch for good, for example as unauthorised or too large.',
  spool_full: 'The spool was at its cap and refuses new rows.',
  spool_error: 'The spool could not be written.',
  expired: 'The spool was at its cap and the record was among its oldest rows.',
  shutdown_deadline: 'The drain ran out of time.',
  crash: 'A listener thread died between counting the record and writing it.',
};
