/** `redirector serve`: the thin part; the rest is src/server/run-server.ts. */
import { defineCommand } from '../command.ts';
import { keepRunningWhenUnread } from '../output.ts';

export const command = defineCommand({
  details:
    'Ends on SIGTERM or SIGINT: it stops accepting, drains the queue, and prints one JSON line that accounts for ' +
    'every record.',
  examples: [
    ['redirector serve --target https://example.com/', 'Redirects every path, logs to the spool on disk'],
    [
      'redirector serve --rules rules.yaml --brokers kafka-1:9092,kafka-2:9092',
      'Redirects by rules, logs to Kafka',
    ],
  ],
  takes: ['http', 'record', 'kafka', 'queue', 'spool', 'admin', 'shutdown', 'telemetry'],
  async run({ loadConfig }) {
    const loaded = loadConfig({ requireTarget: true });
    keepRunningWhenUnread(); // redirects go on when the reader of the log line is gone
    const { runServer } = await import('../../server/run-server.ts');
    return runServer(loaded);
  },
});
