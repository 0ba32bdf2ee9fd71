/** A listener thread: node:http and Express answer, the lane writer records. No OpenTelemetry, no I/O but HTTP. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Server as TlsServer } from 'node:tls';
import express from 'express';
import { bareAddress } from '../hosts.ts';
import { RequestStats } from '../telemetry/request-stats.ts';
import { Sampling } from '../telemetry/sampler.ts';
import { fateOf } from './batch-fate.ts';
import { type HttpServer, makeHttpServer } from './http-server.ts';
import { watchLoop } from './loop-watch.ts';
import type { ListenerData, SpanNote } from './messages.ts';
import { PlainConnections } from './plain-connections.ts';
import { listenError } from './port-check.ts';
import { recordFormat } from './queue/access-record.ts';
import { monotonicMs } from './queue/clock.ts';
import { HighWater } from './queue/high-water.ts';
import { Lanes } from './queue/lanes.ts';
import { flag, owner } from './queue/slab-layout.ts';
import { answererOf } from './redirect/answers.ts';
import { ClientLevels } from './redirect/client-levels.ts';
import { expressHandler } from './redirect/express-handler.ts';
import { redactionOf } from './redirect/privacy.ts';
import { everyHasClickId, recordKey } from './redirect/record-key.ts';
import { RecordPolicy } from './redirect/record-policy.ts';
import { requestPath, type TracedRequest } from './redirect/request-path.ts';
import { ruleFinder } from './redirect/rule-finder.ts';
import { RuleParts } from './rule-parts.ts';
import { log, onDrain, onMessage, openShared, starting, tell, tellTrace, threadData } from './thread.ts';

const data = threadData<ListenerData>();
const { config, listener } = data;
const { pool, ledger, topics } = openShared(data);
const highWater = new HighWater(data.shared.highWater, pool, listener);
const stats = new RequestStats(data.shared.requests);
const clients = new ClientLevels(stats, listener);
watchLoop(data.shared.loops, data.loopRow);
const lanes = new Lanes({
  pool,
  ledger,
  highWater,
  topics,
  places: config['record.partitions'] ?? 0,
  owner: owner.LISTENER + listener,
  lingerMs: config.linger,
  overflow: config['queue.overflow'],
  onEvicted: tellEviction,
});
let draining = false;
const answerOptions = { maxUrlBytes: config['limit.urlBytes'], redaction: redactionOf(config) };
let answerTo = answererOf(ruleFinder(data.rules), answerOptions);

/** The fate of records that never came to a sink. */
function tellEviction(slab: number): void {
  if (!data.tellsLost && !pool.hasFlag(slab, flag.SAMPLED)) return;
  tellTrace(fateOf(pool, slab, { kind: 'dropped', reason: 'evicted' }));
}

function note(traced: TracedRequest): void {
  const { request, answer, ...ids } = traced;
  const message: SpanNote = {
    type: 'span',
    ...ids,
    method: request.method!,
    route: answer.route,
    status: answer.status,
    host: request.headers.host,
    protocolVersion: request.httpVersion,
  };
  tellTrace(message);
}

/** Between two lines of the log about headers of proxies: each connection could have one. */
const QUIET_MS = 60_000;
let headerToldAt = Number.NEGATIVE_INFINITY;

function tellBadProxyHeader(peer: string, reason: string): void {
  const now = monotonicMs();
  if (now - headerToldAt < QUIET_MS) return;
  headerToldAt = now;
  log('redirector.proxy.header_refused', {
    'network.peer.address': bareAddress(peer),
    'exception.message': reason,
  });
}

const path = requestPath({
  answerTo: (asked) => answerTo(asked),
  policy: new RecordPolicy(config, data.scanners, data.addressSecret),
  lanes,
  keyOf: recordKey(config),
  format: recordFormat(config, data.boot, listener),
  writeTimeoutMs: config['timeout.write'],
  maxRequests: config['limit.requestsPerConnection'],
  sampling: new Sampling(data.sampler, data.spansPerSecond, () => stats.countLimited(listener)),
  baggage: config['record.baggage'],
  clickIds: everyHasClickId(config),
  requestId: config.requestId,
  isDraining: () => draining,
  observe: (method, status, durationMs) => stats.observe(listener, method, status, durationMs),
  waits: (socket, onTaken) => clients.waits(socket, onTaken),
  traced: note,
});

function makeServer(): HttpServer {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(expressHandler(path));
  const made = makeHttpServer(app, {
    config,
    listeners: data.listeners,
    certificate: data.certificate,
    badRequest: (status) => stats.countBadRequest(listener, status),
    refused: (reason) => stats.countRefused(listener, reason),
    badProxyHeader: tellBadProxyHeader,
  });
  made.server.on('connection', (socket) => clients.connected(socket));
  return made;
}

/** Connections with TLS, or that may begin with a header of the PROXY protocol, all go to node:http. */
function servePlainly(server: Server): PlainConnections | undefined {
  if (data.certificate !== undefined || config['proxy.protocol'] === 'on') return undefined;
  return new PlainConnections(server, path, {
    readTimeoutMs: config['timeout.read'],
    idleTimeoutMs: config['timeout.idle'],
    maxHeaderBytes: config['limit.headerBytes'],
  });
}

/** When it may listen, and where: a first listener loads while the sinks start, and waits for them. */
const mayListen: Promise<number> = data.restarted
  ? Promise.resolve(data.port)
  : new Promise((resolve) => onMessage('listen', ({ port }) => resolve(port)));

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const address = {
      what: 'The redirect server',
      host: config.host,
      port,
      option: 'port',
    } as const;
    server.once('error', (error) => reject(listenError(address, error)));
    server.listen({ host: config.host, port, reusePort: data.listeners > 1 }, resolve);
  });
}

void starting(async () => {
  const { server, closeUnheard } = makeServer();
  const plain = servePlainly(server);
  const parts = new RuleParts();
  let { rulesVersion } = data;
  onMessage('rules', (part) => {
    const finder = parts.take(part);
    if (finder === undefined) return;
    answerTo = answererOf(finder, answerOptions);
    rulesVersion = part.version;
    tell({ type: 'rules', version: rulesVersion });
  });
  onMessage('certificate', ({ certificate }) => {
    if (data.certificate !== undefined) (server as unknown as TlsServer).setSecureContext(certificate);
  });
  await listen(server, await mayListen);
  onDrain(async (deadline) => {
    draining = true;
    closeUnheard();
    const closed = new Promise((resolve) => server.close(resolve));
    plain?.close();
    const timer = setTimeout(() => server.closeAllConnections(), Math.max(0, deadline - monotonicMs()));
    await closed;
    clearTimeout(timer);
    lanes.seal();
    tell({ type: 'drained' });
  });
  tell({ type: 'rules', version: rulesVersion });
  tell({ type: 'listening', port: (server.address() as AddressInfo).port });
});
