/** `npm run jaeger`: a real Jaeger on this machine to look at Redirector's traces with. */
import { parseArgs } from 'node:util';
import { portArgument, runInForeground, UsageError } from './foreground.ts';
import { startJaeger } from './jaeger.ts';

const USAGE = `npm run jaeger [-- --otlp-http-port 4318 --otlp-grpc-port 4317 --query-port 16686]

A real Jaeger on 127.0.0.1, until Ctrl-C. Traces are kept in memory. The first time it is built, which takes minutes.
`;

function parse(): { otlpHttp: number; otlpGrpc: number; query: number } | undefined {
  try {
    const { values } = parseArgs({
      options: {
        'otlp-http-port': { type: 'string', default: '4318' },
        'otlp-grpc-port': { type: 'string', default: '4317' },
        'query-port': { type: 'string', default: '16686' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return undefined;
    return {
      otlpHttp: portArgument('otlp-http-port', values['otlp-http-port']),
      otlpGrpc: portArgument('otlp-grpc-port', values['otlp-grpc-port']),
      query: portArgument('query-port', values['query-port']),
    };
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(`${(error as Error).message}\n\n${USAGE}`);
  }
}

await runInForeground(async () => {
  const ports = parse();
  if (ports === undefined) {
    process.stdout.write(USAGE);
    process.exit(0);
  }
  const jaeger = await startJaeger({ ports });
  const local = (url: string) => url.replace('127.0.0.1', 'localhost');
  process.stdout.write(`Jaeger is ready. Ctrl-C stops it and forgets its traces.

Next, in another terminal (a sampler of 1 sends every redirect's trace, the default one in a hundred):
  export OTEL_EXPORTER_OTLP_ENDPOINT=${local(jaeger.otlpHttp)} OTEL_TRACES_SAMPLER=always_on OTEL_METRICS_EXPORTER=none
  npx redirector serve --target https://example.com/

Then ask for traces (this build has no page, its API is whole):
  curl ${local(jaeger.query)}/api/v3/services
  curl ${local(jaeger.query)}/api/v3/traces/TRACE_ID
`);
  return jaeger;
});
