/** A click whose caller is traced too, and who reads its record: with the server, everything that one trace goes through. */
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cleanEnvironment } from './bin.ts';
import { spawnGuarded, temporaryDirectory } from './guarded.ts';
import type { JaegerEndpoints } from './jaeger.ts';
import { type Caller, newCaller, PROMPT_EXPORT } from './traces.ts';
import { waitFor } from './wait-for.ts';

const consumerProgram = fileURLToPath(new URL('../../examples/consumer/consumer.mjs', import.meta.url));

const nanoseconds = (): string =>
  String(BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6)));

/** Requests `url` as a traced program does, and exports the CLIENT span of that. Throws when Jaeger does not take it. */
export async function clickTraced(jaeger: JaegerEndpoints, url: string): Promise<Caller> {
  const caller = newCaller(true);
  const startTimeUnixNano = nanoseconds();
  const request = get(url, { headers: { traceparent: caller.traceparent }, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  const span = {
    traceId: caller.traceId,
    spanId: caller.spanId,
    name: 'GET',
    kind: 3,
    startTimeUnixNano,
    endTimeUnixNano: nanoseconds(),
    attributes: [
      { key: 'http.request.method', value: { stringValue: 'GET' } },
      { key: 'http.response.status_code', value: { intValue: `${response.statusCode}` } },
      { key: 'url.full', value: { stringValue: url } },
    ],
  };
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'caller' } }] };
  const exported = await fetch(`${jaeger.otlpHttp}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }),
  });
  if (!exported.ok) throw new Error(`Jaeger answered ${exported.status}: ${await exported.text()}`);
  return caller;
}

export interface ConsumerExample {
  /** All that it has printed so far. */
  output(): string;
  /** Ends it with SIGTERM, and gives its exit code. */
  stop(): Promise<number | null>;
}

/** Starts examples/consumer on a topic that is there, from its beginning. It ends with this process at the latest. */
export function startConsumerExample(
  brokers: readonly string[],
  topic: string,
  jaeger: JaegerEndpoints,
): ConsumerExample {
  const log = join(temporaryDirectory('consumer'), 'log');
  const flags = ['--brokers', brokers.join(','), '--topic', topic, '--group', `${topic}.example`];
  const args = [consumerProgram, ...flags, '--from-beginning', '--endpoint', jaeger.otlpHttp];
  const env = { ...cleanEnvironment(), ...PROMPT_EXPORT };
  const child = spawnGuarded(process.execPath, args, { log, env });
  return {
    output: () => child.logTail(1000),
    async stop() {
      child.kill('SIGTERM');
      await waitFor('the consumer to end', () => child.exit !== undefined, { timeoutMs: 30_000 });
      return child.exit!.code;
    },
  };
}
