/**
 * The supervisor (main thread): starts the others in an order in which nothing is half started, replaces those that
 * die, serves the admin API, and drains when it is told to. It is never on the path of a request.
 */
import { existsSync } from 'node:fs';
import type { RequestListener, Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { LoadedConfig } from '../config.ts';
import { exitCode } from '../errors.ts';
import { createServer } from '../node-http.ts';
import { redactor } from '../redaction.ts';
import { type Exemplar, Exemplars } from '../telemetry/exemplars.ts';
import { FateHold } from '../telemetry/fate-hold.ts';
import type { LogExport } from '../telemetry/log-export.ts';
import type { ClickNote } from '../telemetry/notes.ts';
import { makeOwnStats } from '../telemetry/own-stats.ts';
import type { Telemetry } from '../telemetry/sdk.ts';
import { sampleRatios, telemetrySettings } from '../telemetry/settings.ts';
import { version } from '../version.ts';
import type { AdminSource } from './admin/app.ts';
import { History } from './admin/history.ts';
import { LiveStream } from './admin/live-stream.ts';
import { metricsSource } from './admin/metrics-source.ts';
import { RecentEvents } from './admin/recent-events.ts';
import type { Stats } from './admin/stats.ts';
import { makeBootId } from './boot-id.ts';
import { CertificateKeeper } from './certificate-keeper.ts';
import { watchDrops } from './drop-watch.ts';
import { ServerLog } from './log.ts';
import { type Address, addressesOf, checkPort, listenError } from './port-check.ts';
import { readFiles } from './preflight.ts';
import { RulesKeeper } from './rules-keeper.ts';
import { drain, type ShutdownReport } from './shutdown.ts';
import { loadLogExport, loadTelemetry } from './supervisor-telemetry.ts';
import { Threads } from './threads.ts';

/** Where a server listens: the ports that it has got, where 0 was asked for. */
export interface Ports {
  readonly redirects: number;
  readonly admin: number;
  readonly health: number | undefined;
}

export interface Ending {
  readonly report: ShutdownReport;
  /** 0 after a drain, 3 when a thread died too often. */
  readonly code: number;
}

export interface RunningServer {
  readonly ports: Ports;
  /** What `GET /api/v1/stats` answers. */
  stats(): Stats;
  /** Reads rules and certificate again. */
  reload(): void;
  /** Begins the drain. A second call hurries it. */
  stop(reason: string): void;
  /** Resolves when it has drained: after `stop`, or as a thread died too often. */
  readonly ended: Promise<Ending>;
}

/**
 * Starts a server. It touches nothing of the process: no signals, no standard output but as a sink.
 * @param announce is told where it listens before the log is
 * @throws RedirectorError when it cannot start; then nothing is left running
 */
export async function startServer(
  config: Config,
  announce: (ports: Ports) => void = () => {},
): Promise<RunningServer> {
  const files = await readFiles(config);
  const addresses = addressesOf(config);
  for (const address of Object.values(addresses)) if (address !== undefined) await checkPort(address);

  const boot = makeBootId();
  const settings = telemetrySettings(sampleRatios(config), process.env);
  const lostRatio = settings.tracing ? settings.sampler.errorRatio : 0;
  const exemplars = new Exemplars();
  const own = makeOwnStats();
  const redact = redactor(config, process.env);
  const events = new RecentEvents();
  let telemetry: Telemetry | undefined;
  let logExport: LogExport | undefined;
  const serverLog = new ServerLog({
    level: config['log.level'],
    redact,
    activeTrace: () => telemetry?.activeTrace(),
    copyTo: (line) => {
      events.keep(line);
      logExport?.emit(line);
    },
  });
  const { log } = serverLog;
  if (settings.logs) logExport = await loadLogExport(boot, own, log);
  for (const problem of settings.warnings) {
    log('redirector.telemetry.setting_ignored', { 'redirector.setting.problem': problem });
  }

  const stop = stopRequests();
  const rules = new RulesKeeper(config, files.rules, log, {
    read: files.loadRules,
    admit: (topics) => threads.topics.addAll(topics),
    onChange: () => threads.handRules(),
  });
  const certificate = new CertificateKeeper(config, files.certificate, log, () => threads.handCertificate());
  const fates = new FateHold((fate, taker) => telemetry?.clicks?.settled(fate, taker));
  const threads = new Threads({
    config,
    boot,
    rules,
    scanners: files.scanners,
    certificate: () => certificate.certificate,
    sampler: settings.tracing ? settings.sampler : undefined,
    tellsLost: lostRatio > 0,
    log: serverLog,
    redact,
    onSpan: (note) => {
      exemplars.note(note, exemplarOf(note));
      telemetry?.clicks?.answered(note);
    },
    onFate: (fate, taker) => fates.add(fate, taker),
    onGivenUp: (reason) => stop.request(reason, exitCode.unreachable),
  });
  const metrics = metricsSource({
    config,
    topics: threads.topics,
    own,
    exemplars,
    stats: threads.stats,
    requests: threads.requests,
    sinks: threads.sinkStats,
    threads: () => threads.workers,
    loops: () => threads.loops(),
  });
  const history = new History(threads);
  const live = new LiveStream({ history, events, stats: () => threads.stats.read() });
  const servers: Server[] = [];
  const close = (): void => {
    threads.stats.stop();
    rules.stop();
    certificate.stop();
    history.stop();
    live.end();
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  };
  let ports: Ports;
  try {
    if (settings.tracing || settings.metrics) {
      const topicName = (topic: number): string | undefined => threads.topics.name(topic);
      const parts = { boot, exported: settings, metrics, own, lostRatio, topicName };
      telemetry = await loadTelemetry(config, log, parts);
    }
    threads.loadListeners();
    const hasSpool = config.sink === 'spool' || config['queue.overflow'] === 'spool';
    await threads.startSinks(hasSpool || existsSync(config['spool.path']));
    const source: AdminSource = {
      token: config['admin.token'],
      log,
      stats: () => threads.stats.read(),
      unreadyReason: () => threads.unreadyReason(),
      metrics: () => metrics.observe(),
      events,
      live,
    };
    // Redirects come first: what is asked here before Express is loaded waits for it.
    const { promise: apps, resolve: haveApps } = Promise.withResolvers<AdminApps>();
    const admin = await serve(servers, async (...asked) => (await apps).admin(...asked), addresses.admin);
    const health =
      addresses.health &&
      (await serve(servers, async (...asked) => (await apps).health(...asked), addresses.health));
    ports = { redirects: await threads.listen(), admin, health };
    announce(ports);
    log('redirector.server.started', {
      'server.port': ports.redirects,
      'redirector.sink.kind': config.sink,
      'service.version': version(),
      'service.instance.id': boot,
    });
    haveApps(await loadAdmin(source, config['health.metrics']));
  } catch (error) {
    close();
    await threads.terminate();
    throw error;
  }

  const stopWatching = watchDrops(threads.ledger, log);

  const end = async ({ reason, code, hurry }: Stop): Promise<Ending> => {
    log('redirector.drain.started', { 'redirector.drain.reason': reason });
    threads.draining = true;
    const report = await drain({
      reason,
      graceMs: config['shutdown.grace'],
      deadlineMs: config['shutdown.deadline'],
      pool: threads.pool,
      ledger: threads.ledger,
      listeners: threads.listeners,
      sinks: threads.sinks,
      spills: config['queue.overflow'] === 'spool',
      onFate: (fate) => fates.add(fate, undefined),
      hurry,
    });
    stopWatching();
    log('redirector.drain.finished', {
      'redirector.drain.reason': reason,
      'redirector.drain.duration': report.drainSeconds,
      'redirector.records.lost': report.lost,
    });
    fates.flush();
    await Promise.all([telemetry?.shutdown(TELEMETRY_FLUSH_MS), logExport?.shutdown(TELEMETRY_FLUSH_MS)]);
    close();
    return { report, code };
  };
  return {
    ports,
    stats: () => threads.stats.read(),
    reload() {
      rules.reload();
      certificate.reload();
    },
    stop: (reason) => stop.request(reason, exitCode.ok),
    ended: stop.requested.then(end),
  };
}

const TELEMETRY_FLUSH_MS = 2000;

const exemplarOf = ({ traceId, spanId, startTime, answeredTime }: ClickNote): Exemplar => ({
  traceId,
  spanId,
  durationSeconds: (answeredTime - startTime) / 1000,
  timeMs: answeredTime,
});

interface AdminApps {
  readonly admin: RequestListener;
  readonly health: RequestListener;
}

/** Called after the SDK has started: only then is Express instrumented in this thread. */
async function loadAdmin(source: AdminSource, healthMetrics: boolean): Promise<AdminApps> {
  const { adminApp, healthApp } = await import('./admin/app.ts');
  const express = createRequire(import.meta.url)('express') as typeof import('express');
  return { admin: adminApp(express, source), health: healthApp(express, source, healthMetrics) };
}

type Config = LoadedConfig['config'];

/** @returns the port that it listens on */
function serve(servers: Server[], app: RequestListener, address: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer(app);
    servers.push(server);
    server.once('error', (error) => reject(listenError(address, error)));
    server.listen({ host: address.host, port: address.port }, () =>
      resolve((server.address() as AddressInfo).port),
    );
  });
}

interface Stop {
  readonly reason: string;
  readonly code: number;
  readonly hurry: Promise<void>;
}

/** Waits for a request to stop; a second one hurries. */
function stopRequests(): { requested: Promise<Stop>; request(reason: string, code: number): void } {
  const stop = Promise.withResolvers<Stop>();
  const hurry = Promise.withResolvers<void>();
  let requested = false;
  const request = (reason: string, code: number): void => {
    if (requested) {
      hurry.resolve();
      return;
    }
    requested = true;
    stop.resolve({ reason, code, hurry: hurry.promise });
  };
  return { requested: stop.promise, request };
}
