import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { choosePort } from './free-port.ts';
import { spawnGuarded, temporaryDirectory } from './guarded.ts';
import { provisionJaeger } from './jaeger-provision.ts';
import { type JaegerSpan, type ResourceSpans, spansOf } from './jaeger-trace.ts';
import { waitFor } from './wait-for.ts';

export interface JaegerOptions {
  /** Each by default a free port. */
  ports?: { otlpHttp?: number; otlpGrpc?: number; query?: number };
}

export interface JaegerEndpoints {
  /** `http://127.0.0.1:port`, as OTEL_EXPORTER_OTLP_ENDPOINT wants it: traces go to /v1/traces there. */
  readonly otlpHttp: string;
  readonly otlpGrpc: string;
  /** `http://127.0.0.1:port` of the query API, e.g. /api/v3/services. */
  readonly query: string;
  /** `http://127.0.0.1:port/metrics`: what Jaeger counts of itself. */
  readonly metrics: string;
}

export interface JaegerQueries extends JaegerEndpoints {
  /** The spans of a trace (32 hex digits), in no certain order; undefined when Jaeger has none. Throws when it does not answer. */
  fetchTrace(traceId: string): Promise<JaegerSpan[] | undefined>;
  /** All spans of a service within the last hour; none when it is not known. */
  fetchSpans(service: string): Promise<JaegerSpan[]>;
  /** Polls until the trace is there and `predicate` is true of its spans; the error shows the spans that were there. */
  waitForTrace(
    traceId: string,
    predicate?: (spans: JaegerSpan[]) => boolean,
    options?: { timeoutMs?: number },
  ): Promise<JaegerSpan[]>;
  /** The spans that it has taken since its start, of all services. */
  acceptedSpans(): Promise<number>;
}

export interface Jaeger extends JaegerQueries {
  readonly pid: number;
  /** Ends it at once; its traces are gone. May be called again. */
  stop(): Promise<void>;
}

/**
 * Starts a real Jaeger on 127.0.0.1 that keeps traces in memory, and resolves when it takes spans and answers queries.
 * The first time on a machine it is built first, which takes minutes. Throws an error that ends with its log's last lines when
 * it does not start. It cannot outlive this process, and does not keep it alive.
 */
export async function startJaeger(options: JaegerOptions = {}): Promise<Jaeger> {
  const program = await provisionJaeger();
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(program, options);
    } catch (error) {
      // Between our look and Jaeger's bind another process can take a port; with ports of our own choice, choose again.
      const portLost = error instanceof Error && error.message.includes('address already in use');
      if (!portLost || options.ports !== undefined || attempt === 5) throw error;
    }
  }
}

async function start(program: string, { ports = {} }: JaegerOptions): Promise<Jaeger> {
  const choose = async (asked?: number) => `127.0.0.1:${await choosePort(asked)}`;
  const otlpHttp = await choose(ports.otlpHttp);
  const otlpGrpc = await choose(ports.otlpGrpc);
  const query = await choose(ports.query);
  const metrics = await choose();
  const directory = temporaryDirectory('jaeger');
  const config = join(directory, 'config.yaml');
  writeFileSync(config, configText({ otlpHttp, otlpGrpc, query, queryGrpc: await choose(), metrics }));
  const child = spawnGuarded(program, ['--config', config], {
    log: join(directory, 'jaeger.log'),
    cwd: directory,
  });
  const stop = async () => {
    child.kill('SIGKILL');
    await child.exited();
    rmSync(directory, { recursive: true, force: true });
  };
  const queries = jaegerAt({
    otlpHttp: `http://${otlpHttp}`,
    otlpGrpc: `http://${otlpGrpc}`,
    query: `http://${query}`,
    metrics: `http://${metrics}/metrics`,
  });
  const ended = new AbortController();
  const answers = async () => {
    if (child.exit) ended.abort(new Error(`it ended with ${child.exit.signal ?? `code ${child.exit.code}`}`));
    const spans = await fetch(`${queries.otlpHttp}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"resourceSpans":[]}',
    });
    const services = await fetch(`${queries.query}/api/v3/services`);
    return spans.ok && services.ok;
  };
  try {
    await waitFor('it to take spans and to answer queries', answers, {
      timeoutMs: 30_000,
      signal: ended.signal,
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const log = child.logTail();
    await stop();
    throw new Error(`Jaeger did not start: ${reason}\nIts log ends with:\n${log}`);
  }
  return { ...queries, pid: child.pid, stop };
}

/** Asks a running Jaeger, whoever started it. */
export function jaegerAt(endpoints: JaegerEndpoints): JaegerQueries {
  const fetchTrace = async (traceId: string) => {
    const response = await fetch(`${endpoints.query}/api/v3/traces/${traceId}`);
    if (response.status === 404) return undefined;
    const text = await response.text();
    if (!response.ok) throw new Error(`Jaeger answered ${response.status} for trace ${traceId}: ${text}`);
    return spansOf((JSON.parse(text) as { result: { resourceSpans: ResourceSpans[] } }).result.resourceSpans);
  };
  return {
    ...endpoints,
    fetchTrace,
    async fetchSpans(service) {
      const query = new URLSearchParams({
        'query.service_name': service,
        'query.start_time_min': new Date(Date.now() - 3_600_000).toISOString(),
        'query.start_time_max': new Date(Date.now() + 60_000).toISOString(),
        'query.num_traces': '1000',
      });
      const response = await fetch(`${endpoints.query}/api/v3/traces?${query}`);
      if (response.status === 404) return [];
      const text = await response.text();
      if (!response.ok) throw new Error(`Jaeger answered ${response.status} for ${service}: ${text}`);
      return spansOf(
        (JSON.parse(text) as { result: { resourceSpans: ResourceSpans[] } }).result.resourceSpans,
      );
    },
    async waitForTrace(traceId, predicate = () => true, options = {}) {
      const until = (spans: JaegerSpan[] | undefined) => spans !== undefined && predicate(spans);
      const spans = await waitFor(`trace ${traceId} in Jaeger`, () => fetchTrace(traceId), {
        ...options,
        until,
      });
      return spans!;
    },
    async acceptedSpans() {
      const text = await (await fetch(endpoints.metrics)).text();
      const counts = [...text.matchAll(/^otelcol_receiver_accepted_spans_total\{.*\} (\S+)$/gm)];
      return counts.reduce((sum, [, count]) => sum + Number(count), 0); // one for each transport that was used
    },
  };
}

type Ports = Record<'otlpHttp' | 'otlpGrpc' | 'query' | 'queryGrpc' | 'metrics', string>;

/** JSON is YAML. Nothing but these five ports listens: no health check, no other protocol. */
function configText(at: Ports): string {
  const [host, port] = at.metrics.split(':');
  const ownMetrics = { pull: { exporter: { prometheus: { host, port: Number(port) } } } };
  return JSON.stringify({
    service: {
      extensions: ['jaeger_storage', 'jaeger_query'],
      // No batch processor: a span can be asked for as soon as it was taken.
      pipelines: { traces: { receivers: ['otlp'], exporters: ['jaeger_storage_exporter'] } },
      telemetry: { metrics: { level: 'basic', readers: [ownMetrics] }, logs: { level: 'info' } },
    },
    extensions: {
      jaeger_storage: { backends: { memory: { memory: { max_traces: 100_000 } } } },
      jaeger_query: {
        storage: { traces: 'memory' },
        http: { endpoint: at.query },
        grpc: { endpoint: at.queryGrpc },
      },
    },
    receivers: {
      otlp: { protocols: { grpc: { endpoint: at.otlpGrpc }, http: { endpoint: at.otlpHttp } } },
    },
    exporters: { jaeger_storage_exporter: { trace_storage: 'memory' } },
  });
}
