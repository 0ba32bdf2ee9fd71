/**
 * The supervisor (main thread): starts the others in an order in which nothing is half started, replaces those that
 * die, serves the admin API, and drains on SIGTERM or SIGINT. It is never on the path of a request.
 */
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { LoadedConfig } from '../config.ts';
import { exitCode } from '../errors.ts';
import type { Telemetry } from '../telemetry/sdk.ts';
import { sampleRatios, telemetrySettings } from '../telemetry/settings.ts';
import { spanBudgets } from '../telemetry/span-budget.ts';
import { version } from '../version.ts';
import type { AdminSource } from './admin/app.ts';
import { metricsSource } from './admin/metrics-source.ts';
import { describeStart } from './banner.ts';
import { makeBootId } from './boot-id.ts';
import { printLastLine } from './last-line.ts';
import { type Log, makeLog } from './log.ts';
import { type Address, checkPort, listenError } from './port-check.ts';
import { readFiles } from './preflight.ts';
import { RulesKeeper } from './rules-keeper.ts';
import { listenerCount } from './shared-state.ts';
import { drain } from './shutdown.ts';
import { Threads } from './threads.ts';

/**
 * Runs the server until it is told to stop.
 * @returns the exit code: 0 after a drain, 3 when a thread died too often
 * @throws RedirectorError when it cannot start; then nothing is left running
 */
export async function runServer({ config }: LoadedConfig): Promise<number> {
  const log = makeLog(config['log.level']);
  const files = readFiles(config);
  const addresses = addressesOf(config);
  for (const address of Object.values(addresses)) if (address !== undefined) await checkPort(address);

  const boot = makeBootId();
  const settings = telemetrySettings(sampleRatios(config), process.env);
  for (const warning of settings.warnings) log('warn', warning);
  const lostRatio = settings.tracing ? settings.sampler.errorRatio : 0;
  const telemetry = settings.tracing ? await loadTelemetry(config, boot, lostRatio, log) : undefined;

  const stop = stopSignal();
  const rules = new RulesKeeper(config, files.rules, log, () => threads.handRules());
  process.on('SIGHUP', () => rules.reload('SIGHUP'));
  const threads = new Threads({
    config,
    boot,
    rules,
    scanners: files.scanners,
    sampler: telemetry === undefined ? undefined : settings.sampler,
    tellsLost: lostRatio > 0,
    log,
    onSpan: (note) => telemetry?.clicks.answered(note),
    onFate: (fate, taker) => telemetry?.clicks.settled(fate, taker),
    onGivenUp: (reason) => stop.request(reason, exitCode.unreachable),
  });
  const servers: Server[] = [];
  try {
    const hasSpool = config.sink === 'spool' || config['queue.overflow'] === 'spool';
    await threads.startSinks(hasSpool || existsSync(config['spool.path']));
    // Loaded after the SDK has started: only then is Express instrumented in this thread.
    const express = createRequire(import.meta.url)('express') as typeof import('express');
    const { adminApp, healthApp } = await import('./admin/app.ts');
    const source: AdminSource = {
      token: config['admin.token'],
      stats: () => threads.stats.read(),
      unreadyReason: () => threads.unreadyReason(),
      metrics: async () => {
        const { metricsHandler } = await import('../telemetry/metrics.ts');
        return metricsHandler(metricsSource(threads.stats), version());
      },
    };
    const adminPort = await serve(servers, adminApp(express, source), addresses.admin);
    if (addresses.health !== undefined) {
      await serve(servers, healthApp(express, source, config['health.metrics']), addresses.health);
    }
    const port = await threads.startListeners();
    for (const line of describeStart(config, port, adminPort)) process.stderr.write(`${line}\n`);
  } catch (error) {
    for (const server of servers) server.close();
    rules.stop();
    await threads.terminate();
    throw error;
  }

  const { reason, code, hurry } = await stop.requested;
  log('info', 'Draining.', { reason });
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
    onFate: (fate) => telemetry?.clicks.settled(fate, undefined),
    hurry,
  });
  await telemetry?.shutdown(TELEMETRY_FLUSH_MS);
  threads.stats.stop();
  rules.stop();
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  printLastLine(report, config.sink === 'stdout' && report.ledger.unconfirmed > 0);
  return code;
}

const TELEMETRY_FLUSH_MS = 2000;

async function loadTelemetry(config: Config, boot: string, lostRatio: number, log: Log): Promise<Telemetry> {
  const { startTelemetry } = await import('../telemetry/sdk.ts');
  return startTelemetry({
    version: version(),
    boot,
    clicks: {
      topic: config.sink === 'kafka' ? config.topic : undefined,
      lostRatio,
      lostSpansPerSecond: spanBudgets(config['telemetry.maxSpansPerSecond'], listenerCount(config)).lost,
    },
    env: process.env,
    warn: (message) => log('warn', 'Telemetry cannot be exported.', { reason: message.slice(0, 300) }),
  });
}

type Config = LoadedConfig['config'];

function addressesOf(config: Config): { redirects: Address; admin: Address; health: Address | undefined } {
  const healthPort = config['health.port'];
  return {
    redirects: { what: 'The redirect server', host: config.host, port: config.port, option: 'port' },
    admin: {
      what: 'The admin API',
      host: config['admin.host'],
      port: config['admin.port'],
      option: 'admin.port',
    },
    health:
      healthPort === undefined
        ? undefined
        : {
            what: 'The health port',
            host: config['health.host'] ?? config['admin.host'],
            port: healthPort,
            option: 'health.port',
          },
  };
}

/** @returns the port that it listens on */
function serve(
  servers: Server[],
  app: Parameters<typeof createServer>[1],
  address: Address,
): Promise<number> {
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

/** Waits for SIGTERM, SIGINT or a request; a second signal hurries. */
function stopSignal(): { requested: Promise<Stop>; request(reason: string, code: number): void } {
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
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => request(signal, exitCode.ok));
  return { requested: stop.promise, request };
}
