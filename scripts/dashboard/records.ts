/** The records: the ledger, and what holds them on their way. */
import { lines, type Row } from './panels.ts';
import { mean, of, quantile, rate } from './promql.ts';

const PLACE = { width: 8, height: 8 } as const;

export const recordsRow: Row = {
  title: 'Records: the ledger',
  ...PLACE,
  panels: [
    lines({
      title: 'Offered, delivered, dropped',
      description:
        'One record is offered for each answer. What was offered and is not delivered waits or was dropped.',
      unit: 'wps',
      series: {
        offered: rate('redirector_records_offered_total'),
        delivered: rate('redirector_records_delivered_total'),
        dropped: rate('redirector_records_dropped_total'),
      },
    }),
    lines({
      title: 'Dropped, by reason',
      description: 'Records lost. docs/telemetry.md says what each reason means.',
      unit: 'wps',
      series: {
        '{{redirector_drop_reason}}': rate('redirector_records_dropped_total', 'redirector_drop_reason'),
      },
    }),
    lines({
      title: 'Where records are',
      description: 'Waiting in the queue, with the sink, or in the spool on disk.',
      unit: 'short',
      series: {
        queued: `sum(${of('redirector_records_queued')})`,
        'in flight': `sum(${of('redirector_records_in_flight')})`,
        spooled: `sum(${of('redirector_records_spooled')})`,
      },
    }),
    lines({
      title: 'Unaccounted',
      description: 'What the ledger cannot place. Other than 0 for long is a bug in Redirector.',
      unit: 'short',
      series: { '{{instance}}': of('redirector_records_unaccounted') },
    }),
    lines({
      title: 'In doubt',
      description:
        'Dropped although they had been on the wire, so they may be in the topic; and sent again without the broker being able to recognise them.',
      unit: 'wps',
      series: {
        unconfirmed: rate('redirector_records_unconfirmed_total'),
        'possible duplicates': rate('redirector_records_possible_duplicates_total'),
      },
    }),
  ],
};

export const queueRow: Row = {
  title: 'Queue',
  ...PLACE,
  panels: [
    lines({
      title: 'Memory in use',
      description: 'In use now, the most within the last 30 to 60 seconds, and the limit (queue.maxBytes).',
      unit: 'bytes',
      series: {
        'in use, {{instance}}': of('redirector_queue_usage_bytes'),
        'high water, {{instance}}': of('redirector_queue_usage_high_water_bytes'),
        'limit, {{instance}}': of('redirector_queue_limit_bytes'),
      },
    }),
    lines({
      title: 'Most records at once',
      description: 'Within the last 30 to 60 seconds.',
      unit: 'short',
      series: { '{{instance}}': of('redirector_queue_records_high_water') },
    }),
    lines({
      title: 'Age of the oldest record',
      description:
        'At delivery.timeout (2 minutes) records are dropped, or moved to the spool with queue.overflow: spool.',
      unit: 's',
      series: {
        'now, {{instance}}': of('redirector_queue_oldest_age_seconds'),
        'high water, {{instance}}': of('redirector_queue_oldest_age_high_water_seconds'),
      },
    }),
    lines({
      title: 'Time until full',
      description:
        'How long the queue would last at the traffic of now if the sink took nothing; nothing without traffic.',
      unit: 's',
      series: { '{{instance}}': of('redirector_queue_time_until_full_seconds') },
    }),
  ],
};

export const sinkRow: Row = {
  title: 'Sink',
  ...PLACE,
  panels: [
    lines({
      title: 'Connected',
      description: '1 while the sink takes records.',
      unit: 'none',
      series: { '{{instance}}': of('redirector_sink_connected') },
    }),
    lines({
      title: 'Time of a send to Kafka',
      description: 'One Produce request, from being written to its answer.',
      unit: 's',
      series: {
        p50: quantile(0.5, 'messaging_client_operation_duration_seconds'),
        p99: quantile(0.99, 'messaging_client_operation_duration_seconds'),
      },
    }),
    lines({
      title: 'Sends to Kafka',
      description: 'Produce requests, by topic; those that got no answer have an error.',
      unit: 'cps',
      series: {
        '{{messaging_destination_name}} {{error_type}}': rate(
          'messaging_client_operation_duration_seconds_count',
          'messaging_destination_name, error_type',
        ),
      },
    }),
    lines({
      title: 'Delivery of a batch',
      description: "From a batch's first record to its outcome.",
      unit: 's',
      series: {
        'p50, {{redirector_batch_outcome}}': quantile(
          0.5,
          'redirector_batch_delivery_duration_seconds',
          'redirector_batch_outcome',
        ),
        'p99, {{redirector_batch_outcome}}': quantile(
          0.99,
          'redirector_batch_delivery_duration_seconds',
          'redirector_batch_outcome',
        ),
      },
    }),
    lines({
      title: 'Records in a batch',
      description: 'The mean. Few records in a batch are normal with little traffic.',
      unit: 'short',
      series: { records: mean('redirector_batch_records') },
    }),
    lines({
      title: 'Size of a batch',
      description: 'The mean, before compression.',
      unit: 'bytes',
      series: { bytes: mean('redirector_batch_size_bytes') },
    }),
    lines({
      title: 'Retries and reconnects',
      description: 'Batches sent again, and connections to brokers beyond the first to each.',
      unit: 'cps',
      series: {
        'retries, {{instance}}': rate('redirector_sink_retries_total', 'instance'),
        'reconnects, {{instance}}': rate('redirector_sink_reconnects_total', 'instance'),
      },
    }),
    lines({
      title: 'Partitions with a leader',
      description: 'Batches go to these. Nothing while they are not known, and without Kafka.',
      unit: 'short',
      series: { '{{instance}}': of('redirector_sink_partitions') },
    }),
  ],
};

export const spoolRow: Row = {
  title: 'Spool',
  ...PLACE,
  panels: [
    lines({
      title: 'Records on disk',
      description: 'Bytes of records in the spool, and the limit (spool.maxBytes).',
      unit: 'bytes',
      series: {
        'in use, {{instance}}': of('redirector_spool_usage_bytes'),
        'limit, {{instance}}': of('redirector_spool_limit_bytes'),
      },
    }),
    lines({
      title: 'Takes records',
      description: '1 while the spool can be written; nothing where it is unused.',
      unit: 'none',
      series: { '{{instance}}': of('redirector_spool_connected') },
    }),
    lines({
      title: 'Time of a write',
      description: 'One transaction of the spool.',
      unit: 's',
      series: {
        p50: quantile(0.5, 'redirector_spool_write_duration_seconds'),
        p99: quantile(0.99, 'redirector_spool_write_duration_seconds'),
      },
    }),
  ],
};
