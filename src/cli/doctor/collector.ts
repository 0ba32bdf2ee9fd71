/** Checks the collector that OTEL_EXPORTER_OTLP_* name, with a request for each signal that has nothing in it; and the clock. */
import { connect } from 'node:net';
import { reasonOf } from '../../errors.ts';
import { redactor } from '../../redaction.ts';
import { otlpHeaders } from '../../telemetry/otlp-headers.ts';
import { sampleRatios, telemetrySettings } from '../../telemetry/settings.ts';
import { type Check, type Finding, failed, ok, type Patient, skipped, warning } from './finding.ts';

const ASK_MS = 5000;
/** The header Date has whole seconds, and the answer a way to go. */
const CLOCK_TOLERANCE_MS = 5000;

interface Target {
  readonly signal: string;
  /** Undefined: what is set is no URL. */
  readonly url: URL | undefined;
  readonly protocol: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Where each signal that is exported goes, by the rules of OpenTelemetry: its own variable, else the common one. */
function targetsOf({ config, env }: Patient): Target[] {
  const { tracing, metrics, logs } = telemetrySettings(sampleRatios(config), env);
  const exported = { traces: tracing, metrics, logs };
  const signals = Object.entries(exported).flatMap(([signal, leaves]) => (leaves ? [signal] : []));
  return signals.map((signal) => {
    const own = (what: string): string | undefined =>
      env[`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${what}`];
    const common = `${env.OTEL_EXPORTER_OTLP_ENDPOINT?.replace(/\/$/, '')}/v1/${signal}`;
    const url = URL.parse(own('ENDPOINT') || common) ?? undefined;
    const headers = [env.OTEL_EXPORTER_OTLP_HEADERS, own('HEADERS')]
      .flatMap(otlpHeaders)
      .map(({ name, value }) => [name, value]);
    return {
      signal,
      url,
      protocol: own('PROTOCOL') || env.OTEL_EXPORTER_OTLP_PROTOCOL || 'http/protobuf',
      headers: { ...loginOf(url), ...Object.fromEntries(headers) },
    };
  });
}

/** User name and password of a URL, which fetch does not take there, as the header that the exporter makes of them. */
function loginOf(url: URL | undefined): { authorization?: string } {
  if (url === undefined || url.username === '') return {};
  const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = '';
  url.password = '';
  return { authorization: `Basic ${Buffer.from(login).toString('base64')}` };
}

/** An export of nothing: a message without fields is empty in protobuf. */
function post(url: URL, { protocol, headers }: Target): Promise<Response> {
  const isJson = protocol === 'http/json';
  return fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': isJson ? 'application/json' : 'application/x-protobuf' },
    body: isJson ? '{}' : '',
    signal: AbortSignal.timeout(ASK_MS),
  });
}

/** gRPC: whether somebody takes the connection. */
function knock(url: URL): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  const socket = connect({ host: url.hostname, port, timeout: ASK_MS });
  socket.once('connect', resolve).once('error', reject);
  socket.once('timeout', () => reject(new Error(`no answer within ${ASK_MS / 1000} s`)));
  return promise.finally(() => socket.destroy());
}

async function examine(target: Target): Promise<Finding> {
  const { signal, url, protocol } = target;
  if (url === undefined) {
    return failed(`The endpoint for ${signal} is not a URL.`, 'Correct OTEL_EXPORTER_OTLP_ENDPOINT.');
  }
  const where = `The collector at ${url.host}`;
  try {
    if (protocol === 'grpc') {
      await knock(url);
      return ok(`${where} takes connections for ${signal} (${protocol}).`);
    }
    const { status } = await post(url, target);
    if (status < 300) return ok(`${where} takes ${signal} (${protocol}).`);
    const found = `${where} answers ${signal} at ${url.pathname} with status ${status}.`;
    if (status === 401 || status === 403) return failed(found, 'Check OTEL_EXPORTER_OTLP_HEADERS.');
    return failed(found, `Check that it takes ${signal} by ${protocol}, and the path in the endpoint.`);
  } catch (error) {
    const reason = reasonOf((error as Error).cause ?? error) || 'no connection';
    return {
      ...failed(
        `${where} does not answer: ${reason}.`,
        'Check the endpoint. Redirects and records do not need it.',
      ),
      unreachable: true,
    };
  }
}

export const collector: Check = {
  name: 'collector',
  async run(patient) {
    const redact = redactor(patient.config, patient.env);
    const findings = await Promise.all(targetsOf(patient).map(examine));
    if (findings.length === 0) return skipped('No endpoint is set (OTEL_EXPORTER_OTLP_ENDPOINT).');
    return findings.map((finding) => ({ ...finding, found: redact(finding.found) }));
  },
};

export const clock: Check = {
  name: 'clock',
  async run(patient) {
    const target = targetsOf(patient).find(({ protocol }) => protocol !== 'grpc');
    if (target?.url === undefined) return skipped('There is no collector by HTTP to compare it with.');
    try {
      const date = Date.parse((await post(target.url, target)).headers.get('date') ?? '');
      if (Number.isNaN(date)) return skipped('The collector does not tell the time.');
      const apart = Date.now() - date;
      const found = `The clock is ${Math.round(Math.abs(apart) / 1000)} s ${apart < 0 ? 'behind' : 'ahead of'} the collector's.`;
      if (Math.abs(apart) <= CLOCK_TOLERANCE_MS) return ok(found);
      return warning(found, 'Set it by NTP: records and spans have the times of this machine.');
    } catch {
      return skipped('The collector does not answer.');
    }
  },
};
