/** The admin API (Express, in the supervisor): health, metrics, stats, and the status page. */
import { timingSafeEqual } from 'node:crypto';
import type express from 'express';
import type { RequestHandler } from 'express';
import type { Log } from '../../telemetry/log-line.ts';
import type { MetricReading } from '../../telemetry/metric-reading.ts';
import { answerFailures } from './failures.ts';
import type { LiveStream } from './live-stream.ts';
import { servePage } from './page.ts';
import type { RecentEvents } from './recent-events.ts';
import type { Stats } from './stats.ts';

export interface AdminSource {
  readonly token: string | undefined;
  readonly log: Log;
  stats(): Stats;
  /** Why this server should get no traffic, or undefined. */
  unreadyReason(): string | undefined;
  metrics(): MetricReading;
  readonly events: RecentEvents;
  readonly live: LiveStream;
}

/** express is handed in: the supervisor loads it after the SDK has started, so that it is instrumented. */
type Express = typeof express;

const livez: RequestHandler = (_request, response) => {
  response.type('text/plain').send('ok\n');
};

function sinkReason(source: AdminSource): string | undefined {
  const { state, lastError } = source.stats().sink;
  return state === 'connected' ? undefined : `sink ${state}: ${lastError ?? ''}`;
}

/** 200 while serving, also with the sink away, unless `?sink=1` asks for it. */
function readyz(source: AdminSource): RequestHandler {
  return (request, response) => {
    const reason = source.unreadyReason() ?? ('sink' in request.query ? sinkReason(source) : undefined);
    response
      .status(reason === undefined ? 200 : 503)
      .type('text/plain')
      .send(`${reason ?? 'ok'}\n`);
  };
}

/** Prometheus's text format, or OpenMetrics for those who prefer it. */
function metrics(source: AdminSource): RequestHandler {
  return async (request, response) => {
    const { preferredFormat, prometheusText } = await import('../../telemetry/prometheus-text.ts');
    const format = preferredFormat(request.headers.accept);
    response.set('Content-Type', format).end(await prometheusText(source.metrics(), format));
  };
}

/** Refuses requests without `Authorization: Bearer {token}`. */
function requireToken(token: string, log: Log): RequestHandler {
  const expected = Buffer.from(`Bearer ${token}`);
  return (request, response, next) => {
    const given = Buffer.from(request.headers.authorization ?? '');
    if (given.length === expected.length && timingSafeEqual(given, expected)) return next();
    log('redirector.admin.request_refused', {
      'http.request.method': request.method,
      'url.path': request.path,
      'http.response.status_code': 401,
      'client.address': request.socket.remoteAddress ?? '',
    });
    response
      .status(401)
      .set('WWW-Authenticate', 'Bearer realm="redirector"')
      .type('text/plain')
      .send(
        'This needs the header "Authorization: Bearer TOKEN" with the token of admin.token or admin.tokenFile.\n',
      );
  };
}

function baseApp(createApp: Express): express.Express {
  const app = createApp();
  app.disable('x-powered-by');
  app.use((_request, response, next) => {
    response.set({
      'Cache-Control': 'no-store',
      'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    });
    next();
  });
  return app;
}

/** The stream that the status page reads. */
function stream({ live }: AdminSource): RequestHandler {
  return (request, response) => {
    if (request.method === 'HEAD') return void response.type('text/event-stream').end();
    if (live.open(response)) return;
    response
      .status(503)
      .type('text/plain')
      .send('So many look at this server already that one more may not, or it ends.\n');
  };
}

/** The whole admin API. */
export function adminApp(createApp: Express, source: AdminSource): express.Express {
  const app = baseApp(createApp);
  app.get('/livez', livez);
  app.get('/readyz', readyz(source));
  servePage(app);
  if (source.token !== undefined) app.use(requireToken(source.token, source.log));
  app.get('/metrics', metrics(source));
  app.get('/api/v1/stats', (_request, response) => {
    response.json(source.stats());
  });
  app.get('/api/v1/events', (_request, response) => {
    response.json({ events: source.events.after(0) });
  });
  app.get('/api/v1/stream', stream(source));
  app.use(answerFailures(source.log));
  return app;
}

/** Only the probes, without a token, for a port that a kubelet can reach; with `withMetrics` the metrics too. */
export function healthApp(createApp: Express, source: AdminSource, withMetrics: boolean): express.Express {
  const app = baseApp(createApp);
  app.get('/livez', livez);
  app.get('/readyz', readyz(source));
  if (withMetrics) app.get('/metrics', metrics(source));
  app.use(answerFailures(source.log));
  return app;
}
