/** The process and its threads, and what becomes of its telemetry. */
import { lines, type Row } from './panels.ts';
import { of, rate } from './promql.ts';

const PLACE = { width: 8, height: 8 } as const;

export const processRow: Row = {
  title: 'Process',
  ...PLACE,
  panels: [
    lines({
      title: 'CPU',
      description: 'Seconds of CPU time in a second: 1 is one CPU used up.',
      unit: 'short',
      series: { '{{cpu_mode}}, {{instance}}': rate('process_cpu_time_seconds_total', 'cpu_mode, instance') },
    }),
    lines({
      title: 'Resident memory',
      description:
        'It follows the most that was ever queued, up to queue.maxBytes and what the server uses idle.',
      unit: 'bytes',
      series: { '{{instance}}': of('process_memory_usage_bytes') },
    }),
    lines({
      title: 'File descriptors',
      description: 'Open connections are most of them.',
      unit: 'short',
      series: { '{{instance}}': of('process_unix_file_descriptors') },
    }),
    lines({
      title: 'Event-loop delay',
      description: 'How late a thread gets to its work, over the last 30 to 60 seconds.',
      unit: 's',
      series: {
        'p50, {{thread_name}}, {{instance}}': of('nodejs_eventloop_delay_p50_seconds'),
        'p99, {{thread_name}}, {{instance}}': of('nodejs_eventloop_delay_p99_seconds'),
        'max, {{thread_name}}, {{instance}}': of('nodejs_eventloop_delay_max_seconds'),
      },
    }),
    lines({
      title: 'Event-loop utilization',
      description: 'The part of its time in which a thread works: at 1 it can do no more.',
      unit: 'percentunit',
      series: { '{{thread_name}}, {{instance}}': of('nodejs_eventloop_utilization_ratio') },
    }),
    lines({
      title: 'Restarts of threads',
      description: 'Threads that died and were replaced, within five minutes.',
      unit: 'short',
      series: {
        '{{thread_name}}, {{instance}}': `increase(${of('redirector_thread_restarts_total')}[5m])`,
      },
    }),
    lines({
      title: 'Uptime',
      description: 'Since the start of the process.',
      unit: 's',
      series: { '{{instance}}': of('process_uptime_seconds') },
    }),
  ],
};

export const telemetryRow: Row = {
  title: 'Telemetry itself',
  ...PLACE,
  panels: [
    lines({
      title: 'Traces',
      description:
        'Redirects that were traced, and those that would have been were it not for the limit on spans a second.',
      unit: 'cps',
      series: {
        traced: rate('redirector_traces_sampled_total'),
        'over the limit': rate('redirector_traces_limited_total'),
      },
    }),
    lines({
      title: 'Spans',
      description: 'Handed to the exporter, and exported. Those with an error were lost.',
      unit: 'cps',
      series: {
        'handed on {{error_type}}': rate('otel_sdk_processor_span_processed_total', 'error_type'),
        'exported {{error_type}}': rate('otel_sdk_exporter_span_exported_total', 'error_type'),
      },
    }),
    lines({
      title: 'Metrics and log lines by OTLP',
      description: 'Exported to the collector, where that is asked for. Those with an error were lost.',
      unit: 'cps',
      series: {
        'data points {{error_type}}': rate(
          'otel_sdk_exporter_metric_data_point_exported_total',
          'error_type',
        ),
        'log lines {{error_type}}': rate('otel_sdk_exporter_log_exported_total', 'error_type'),
      },
    }),
  ],
};
