/** The first row: whether all is well, at a glance. */
import { figure, type Row } from './panels.ts';
import { of, quantile, rate } from './promql.ts';

export const overviewRow: Row = {
  title: 'At a glance',
  width: 4,
  height: 4,
  panels: [
    figure({
      title: 'Answers a second',
      description: 'All answers of the chosen instances.',
      unit: 'reqps',
      series: { answers: rate('http_server_request_duration_seconds_count') },
    }),
    figure({
      title: 'Answer time, p99',
      description: 'Ninety-nine of a hundred answers were faster.',
      unit: 's',
      series: { p99: quantile(0.99, 'http_server_request_duration_seconds') },
      red: 0.01,
    }),
    figure({
      title: 'Records dropped',
      description: 'Lost within the time that is shown. Any is one too many.',
      unit: 'short',
      series: { dropped: `sum(increase(${of('redirector_records_dropped_total')}[$__range]))` },
      red: 0.5,
    }),
    figure({
      title: 'Queue in use',
      description: 'Of the fullest instance.',
      unit: 'percentunit',
      series: {
        used: `max(${of('redirector_queue_usage_bytes')} / ${of('redirector_queue_limit_bytes')})`,
      },
      red: 0.8,
    }),
    figure({
      title: 'Sinks that take no records',
      description: 'Instances whose sink (Kafka, spool or standard output) is not connected.',
      unit: 'short',
      series: { waiting: `sum(1 - ${of('redirector_sink_connected')})` },
      red: 1,
    }),
    figure({
      title: 'Instances',
      description: 'By version and Node.',
      unit: 'short',
      series: {
        '{{service_version}}, Node {{process_runtime_version}}': `count by (service_version, process_runtime_version) (${of('redirector_build_info')})`,
      },
    }),
  ],
};
