/** Runs a case: what it needs is started, its load and its faults happen at once, and its thresholds judge. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadedConfig } from '../src/config.ts';
import { userError } from '../src/errors.ts';
import type { OptionKey } from '../src/options.ts';
import type { CaseFault, LoadCase } from './case-file.ts';
import { type CaseKafka, startCaseKafka } from './case-kafka.ts';
import { Cleanup } from './cleanup.ts';
import { startCollector } from './discarding-collector.ts';
import type { LoadtestReport } from './report.ts';
import { runLoadtest } from './run.ts';
import type { Watcher } from './session.ts';
import { checkSettings, type LoadtestFlags, type LoadtestSettings } from './settings.ts';

export interface CaseRequest {
  readonly loadCase: LoadCase;
  /** Those that go with a case. */
  readonly flags: LoadtestFlags;
  /** The configuration with these options beneath its flags. */
  loadConfig(preset: Readonly<Partial<Record<OptionKey, unknown>>>): Promise<LoadedConfig>;
  readonly watcher: Watcher;
  readonly signal: AbortSignal;
}

/** The settings of a case; with a duration in `flags` all its times are stretched or shortened alike. */
export function caseSettings(
  { load, thresholds }: LoadCase,
  flags: LoadtestFlags,
): { readonly settings: LoadtestSettings; readonly scale: number } {
  const whole = load.phases.reduce((sum, { duration }) => sum + duration, 0);
  const seconds = flags.duration ?? whole;
  const scale = seconds / whole;
  const phases = load.phases.map(({ rps, duration }) => ({ rps, seconds: duration * scale }));
  const requests = load.requests?.map((kind) => ({ ...kind, headers: Object.entries(kind.headers ?? {}) }));
  return {
    scale,
    settings: {
      ...checkSettings(flags, requests),
      rps: phases.reduce((sum, phase) => sum + phase.rps * phase.seconds, 0) / seconds,
      seconds,
      phases,
      connections: load.connections,
      trace: load.trace,
      arrivals: load.arrivals,
      seed: load.seed,
      warmupSeconds: (load.warmup ?? 0) * scale,
      thresholds: { maxP99Ms: thresholds.maxP99, maxDrop: thresholds.maxDrop, minRps: thresholds.minRps },
    },
  };
}

/**
 * Runs a case. Brokers that are given take the place of its own, unless it has faults.
 * @throws RedirectorError CASE_NEEDS_CHECKOUT, USAGE, and what `runLoadtest` throws.
 */
export async function runCase(request: CaseRequest): Promise<LoadtestReport> {
  const { loadCase, flags, loadConfig, watcher, signal } = request;
  const { name, version, faults } = loadCase;
  const { settings, scale } = caseSettings(loadCase, flags);
  const cleanup = new Cleanup();
  try {
    const given = (await loadConfig({})).config.brokers;
    if (given !== undefined && faults.length > 0) {
      throw userError('USAGE', {
        reason: `--case ${name} stops and slows brokers, so it starts its own: leave out --brokers ${given.join(',')}.`,
      });
    }
    let kafka: CaseKafka | undefined;
    if (loadCase.kafka !== 0 && given === undefined) {
      watcher.phase('starting Kafka');
      kafka = await startCaseKafka(name, loadCase.kafka);
      const started = kafka;
      cleanup.add('stop Kafka', () => started.stop());
      signal.throwIfAborted();
    }
    let env: Record<string, string> | undefined;
    if (loadCase.collector) {
      const collector = await startCollector();
      cleanup.add('stop the collector', () => collector.stop());
      env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
    }
    const planned = faults
      .map((fault) => ({ fault, second: settings.warmupSeconds + fault.at * scale }))
      .sort((a, b) => a.second - b.second);
    const ofKafka = kafka === undefined ? {} : { sink: 'kafka', brokers: kafka.brokers.join(',') };
    const loaded = await loadConfig({ ...loadCase.server, ...ofKafka });
    return await runLoadtest({
      settings,
      loaded,
      watcher,
      signal,
      env,
      case: {
        name,
        version,
        scale,
        faults: planned.map(({ fault, second }) => ({ second, what: faultText(fault) })),
      },
      async during(aborted) {
        const start = performance.now();
        for (const { fault, second } of planned) {
          await sleep(start + second * 1000 - performance.now(), undefined, { signal: aborted });
          await kafka!.fault(fault);
        }
      },
    });
  } finally {
    watcher.phase('cleaning up');
    await cleanup.run();
  }
}

const faultText = (fault: CaseFault): string =>
  fault.do === 'delay-acks' ? `delay-acks ${fault.by} ms` : `${fault.do} ${fault.broker}`;
