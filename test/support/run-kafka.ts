/** `npm run kafka [-- --brokers 3 --port 9092]`: a real Kafka on this machine to try Redirector with. */
import { parseArgs } from 'node:util';
import { portArgument, runInForeground, UsageError } from './foreground.ts';
import { startKafka } from './kafka.ts';

const USAGE = `npm run kafka [-- --brokers 1|3 --port 9092]

A real Apache Kafka on 127.0.0.1, until Ctrl-C. Its data is thrown away.
  --brokers  1 (default), or 3: one cluster with replication 3 on three ports in a row
  --port     of the first broker, 9092 by default
`;

function parse(): { brokers: 1 | 3; port: number } | undefined {
  try {
    const { values } = parseArgs({
      options: {
        brokers: { type: 'string', default: '1' },
        port: { type: 'string', default: '9092' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return undefined;
    if (values.brokers !== '1' && values.brokers !== '3') throw new UsageError('--brokers must be 1 or 3');
    return { brokers: values.brokers === '3' ? 3 : 1, port: portArgument('port', values.port) };
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(`${(error as Error).message}\n\n${USAGE}`);
  }
}

await runInForeground(async () => {
  const options = parse();
  if (options === undefined) {
    process.stdout.write(USAGE);
    process.exit(0);
  }
  const cluster = await startKafka({ ...options, lasting: true });
  const brokers = cluster.brokers.map((address) => address.replace('127.0.0.1', 'localhost')).join(',');
  process.stdout.write(`Kafka is ready on ${brokers}. Ctrl-C stops it and throws its data away.

Next, in another terminal:
  npx redirector topics create --brokers ${brokers}
  npx redirector serve --brokers ${brokers} --target https://example.com/
  kcat -b ${brokers} -t log -C -o beginning
`);
  return cluster;
});
