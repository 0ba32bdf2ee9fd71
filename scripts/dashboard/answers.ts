/** The answers: how many, how fast, to whom. */
import { heatmap, lines, type Row } from './panels.ts';
import { of, quantile, rate } from './promql.ts';

const DURATION = 'http_server_request_duration_seconds';

export const answersRow: Row = {
  title: 'Answers',
  width: 8,
  height: 8,
  panels: [
    lines({
      title: 'Answers by status',
      description: 'Every answer is counted, traced or not.',
      unit: 'reqps',
      series: { '{{http_response_status_code}}': rate(`${DURATION}_count`, 'http_response_status_code') },
    }),
    lines({
      title: 'Answer time',
      description:
        'From the request being read to its answer being written. Dots are traced requests; each leads to its trace.',
      unit: 's',
      exemplars: true,
      series: {
        p50: quantile(0.5, DURATION),
        p99: quantile(0.99, DURATION),
        'p99.9': quantile(0.999, DURATION),
      },
    }),
    heatmap({
      title: 'Answer times',
      description: 'How many answers took how long. Dots are traced requests; each leads to its trace.',
      unit: 's',
      expression: `sum by (le) (increase(${of(`${DURATION}_bucket`)}[$__rate_interval]))`,
    }),
    lines({
      title: 'Requests by method',
      description: 'Methods other than GET and HEAD are refused, and recorded too.',
      unit: 'reqps',
      series: {
        '{{http_request_method}}': rate(`${DURATION}_count`, 'http_request_method'),
      },
    }),
    lines({
      title: 'Connections',
      description: 'Open connections, and requests whose answer the client has not taken yet.',
      unit: 'short',
      series: {
        'open, {{instance}}': of('redirector_connections_open'),
        'answers not taken, {{instance}}': of('http_server_active_requests'),
      },
    }),
    lines({
      title: 'Refused before any rule',
      description:
        'Requests that are malformed, too slow or too large, by status, and connections over a limit or without the header that a proxy should send. They have no record.',
      unit: 'reqps',
      series: {
        '{{http_response_status_code}}': rate(
          'redirector_requests_refused_total',
          'http_response_status_code',
        ),
        'connections, {{redirector_refusal_reason}}': rate(
          'redirector_connections_refused_total',
          'redirector_refusal_reason',
        ),
      },
    }),
  ],
};
