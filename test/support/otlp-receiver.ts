/** A collector for tests: takes OTLP over HTTP, and keeps what it was sent as JSON. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** The parts of OTLP's JSON that tests read. */
export interface OtlpValue {
  readonly stringValue?: string;
  readonly intValue?: number | string;
  readonly doubleValue?: number;
}

export interface OtlpPoint {
  readonly attributes: readonly { readonly key: string; readonly value: OtlpValue }[];
  readonly startTimeUnixNano: string;
  readonly asDouble?: number;
  readonly asInt?: number | string;
  readonly count?: number | string;
  readonly sum?: number;
  readonly bucketCounts?: readonly (number | string)[];
  readonly explicitBounds?: readonly number[];
}

export interface OtlpMetric {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly sum?: { readonly dataPoints: readonly OtlpPoint[]; readonly isMonotonic: boolean };
  readonly gauge?: { readonly dataPoints: readonly OtlpPoint[] };
  readonly histogram?: { readonly dataPoints: readonly OtlpPoint[]; readonly aggregationTemporality: number };
}

export interface OtlpScope<Item> {
  readonly scope: { readonly name: string };
  readonly metrics: readonly Item[];
}

export interface OtlpResource {
  readonly attributes: OtlpPoint['attributes'];
}

interface MetricsRequest {
  readonly resourceMetrics: readonly {
    readonly resource: OtlpResource;
    readonly scopeMetrics: readonly OtlpScope<OtlpMetric>[];
  }[];
}

export interface OtlpReceiver extends AsyncDisposable {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly endpoint: string;
  /** The bodies sent to `/v1/{signal}` so far, oldest first; one that is not JSON is a Buffer. */
  received<Body>(signal: 'traces' | 'metrics' | 'logs'): readonly Body[];
  /** Path and headers of every request so far. */
  readonly requests: readonly { readonly path: string; readonly headers: IncomingHttpHeaders }[];
  /** The exports of metrics so far. */
  metrics(): MetricsRequest['resourceMetrics'][number][];
  /** From now on every request is answered with this status. */
  answerWith(status: number): void;
}

/** What an attribute holds. */
export const attributeValue = ({ stringValue, intValue, doubleValue }: OtlpValue): string =>
  String(stringValue ?? intValue ?? doubleValue);

/** Starts one on a free port of 127.0.0.1. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const bodies = new Map<string, unknown[]>();
  const requests: { path: string; headers: IncomingHttpHeaders }[] = [];
  let status = 200;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const sent = Buffer.concat(chunks);
      const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
      const path = request.url!;
      const type = request.headers['content-type'] ?? '';
      const isJson = type === 'application/json';
      requests.push({ path, headers: request.headers });
      bodies.set(path, [...(bodies.get(path) ?? []), isJson ? JSON.parse(text.toString()) : text]);
      response.writeHead(status, { 'Content-Type': type }).end(isJson ? '{}' : '');
    });
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;
  const received = <Body>(signal: string): Body[] => (bodies.get(`/v1/${signal}`) ?? []) as Body[];
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    requests,
    metrics: () => received<MetricsRequest>('metrics').flatMap(({ resourceMetrics }) => resourceMetrics),
    answerWith(answer) {
      status = answer;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
