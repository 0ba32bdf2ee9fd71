/** A listener thread: node:http and Express answer, the lane writer records. No OpenTelemetry, no I/O but HTTP. */
import { createServer, IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { RequestStats } from '../telemetry/request-stats.ts';
import { Sampling } from '../telemetry/sampler.ts';
import { fateOf } from './batch-fate.ts';
import type { ListenerData, SpanNote } from './messages.ts';
import { listenError } from './port-check.ts';
import { recordFormat } from './queue/access-record.ts';
import { monotonicMs } from './queue/clock.ts';
import { HighWater } from './queue/high-water.ts';
import { LaneWriter } from './queue/lane-writer.ts';
import { flag, owner } from './queue/slab-layout.ts';
import { DEFAULT_LANE } from './queue/slab-pool.ts';
import { answererOf } from './redirect/answers.ts';
import { redirectHandler, remoteAddressOf, type TracedRequest } from './redirect/handler.ts';
import { RecordPolicy } from './redirect/record-policy.ts';
import { ruleFinder } from './redirect/rule-finder.ts';
import { RuleParts } from './rule-parts.ts';
import { onDrain, onRules, openShared, starting, tell, threadData } from './thread.ts';

/** How often Node looks for requests that are over timeout.read; its default of 30 s makes 2 s into 30. */
const TIMEOUT_CHECK_MS = 500;

const data = threadData<ListenerData>();
const { config, listener } = data;
const { pool, ledger } = openShared(data);
const highWater = new HighWater(data.shared.highWater, pool, listener);
const stats = new RequestStats(data.shared.requests);
const writer = new LaneWriter({
  pool,
  ledger,
  highWater,
  owner: owner.LISTENER + listener,
  lane: DEFAULT_LANE,
  lingerMs: config.linger,
  overflow: config['queue.overflow'],
  onEvicted: tellEviction,
});
let draining = false;
let answerTo = answererOf(ruleFinder(data.rules));

/** The fate of records that never came to a sink. */
function tellEviction(slab: number): void {
  if (!data.tellsLost && !pool.hasFlag(slab, flag.SAMPLED)) return;
  tell(fateOf(pool, slab, { kind: 'dropped', reason: 'evicted' }));
}

function note(traced: TracedRequest): void {
  const { request, answer, dropReason, ...ids } = traced;
  const message: SpanNote = {
    type: 'span',
    ...ids,
    method: request.method!,
    route: answer.route,
    status: answer.status,
    host: request.headers.host,
    protocolVersion: request.httpVersion,
    record:
      dropReason === undefined
        ? { kind: 'accepted', ...writer.lastPlace }
        : { kind: 'dropped', reason: dropReason },
  };
  tell(message);
}

function makeServer(): Server {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(
    redirectHandler({
      answerTo: (asked) => answerTo(asked),
      policy: new RecordPolicy(config, data.scanners, data.addressSecret),
      writer,
      format: recordFormat(config, data.boot, listener),
      writeTimeoutMs: config['timeout.write'],
      sampling: new Sampling(data.sampler, data.spansPerSecond, () => stats.countLimited(listener)),
      baggage: config['record.baggage'],
      isDraining: () => draining,
      observe: (status, durationMs) => stats.observe(listener, status, durationMs),
      traced: note,
    }),
  );
  // Express swaps the prototype of every request and response, which costs V8 its inline caches; objects that are born
  // with the prototype that Express would set make that free (expressjs/express#5998).
  class Request extends IncomingMessage {}
  class Response extends ServerResponse {}
  Object.setPrototypeOf(Request.prototype, app.request);
  Object.setPrototypeOf(Response.prototype, app.response);
  app.request = Request.prototype as express.Request;
  app.response = Response.prototype as unknown as express.Response;
  const server = createServer(
    {
      IncomingMessage: Request,
      ServerResponse: Response,
      requestTimeout: config['timeout.read'],
      headersTimeout: config['timeout.read'],
      keepAliveTimeout: config['timeout.idle'],
      connectionsCheckingInterval: Math.min(TIMEOUT_CHECK_MS, config['timeout.read']),
    },
    app,
  );
  server.on('connection', remoteAddressOf);
  return server;
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    const address = {
      what: 'The redirect server',
      host: config.host,
      port: data.port,
      option: 'port',
    } as const;
    server.once('error', (error) => reject(listenError(address, error)));
    server.listen({ host: config.host, port: data.port, reusePort: data.reusePort }, resolve);
  });
}

void starting(async () => {
  const server = makeServer();
  await listen(server);
  onDrain(async (deadline) => {
    draining = true;
    const closed = new Promise((resolve) => server.close(resolve));
    const timer = setTimeout(() => server.closeAllConnections(), Math.max(0, deadline - monotonicMs()));
    await closed;
    clearTimeout(timer);
    writer.seal();
    tell({ type: 'drained' });
  });
  const parts = new RuleParts();
  onRules((part) => {
    const finder = parts.take(part);
    if (finder === undefined) return;
    answerTo = answererOf(finder);
    tell({ type: 'rules', version: part.version });
  });
  tell({ type: 'rules', version: data.rulesVersion });
  tell({ type: 'listening', port: (server.address() as AddressInfo).port });
});
