/**
 * As fast as it goes, by autocannon: each connection sends its next request when the answer to the last has come. A
 * closed loop says what a server can carry at most, not how it answers at a given rate: latency counts from when a
 * request was sent.
 */
import { performance } from 'node:perf_hooks';
import autocannon from 'autocannon';
import { AnswerCounts } from './answer-counts.ts';
import { Connection } from './connection.ts';
import type { GeneratorConfig, GeneratorResult, PreparedLoop, Progress } from './generator-types.ts';
import { CpuMeter } from './limited.ts';
import { openConnections } from './open-connections.ts';
import { startPacer } from './pacer.ts';
import { targetOf } from './target.ts';

const BUSY_CORES = 0.9;

/** What we use of autocannon's client beyond its type: events, and the number of answers after which it ends. */
interface ClientInside {
  responseMax: number;
  on(event: 'request', listener: () => void): void;
}

/**
 * Checks that the target can be connected to. Its `run` goes on for `config.durationSeconds`, then waits for the
 * answers on their way; it resolves also when every request failed.
 * @throws the system's error when there is no connection within the answer time-out.
 */
export async function prepareClosedLoop(config: GeneratorConfig): Promise<PreparedLoop> {
  const probe = new Connection(targetOf(config.url, config.userAgent), { onAnswer() {}, onFailure() {} });
  await openConnections([probe], config.answerTimeoutMs);
  probe.close();
  return { run: (onProgress) => runClosedLoop(config, onProgress) };
}

async function runClosedLoop(
  config: GeneratorConfig,
  onProgress: (progress: Progress) => void,
): Promise<GeneratorResult> {
  const counts = new AnswerCounts(config.expect);
  const clients: ClientInside[] = [];
  const cpu = new CpuMeter();
  const start = performance.now();
  const warmupMs = (config.warmupSeconds ?? 0) * 1000;
  const loadMs = warmupMs + config.durationSeconds * 1000;
  let lastAnswer = start;

  const answerTimeoutSeconds = Math.max(1, Math.ceil(config.answerTimeoutMs / 1000));
  const options: autocannon.Options = {
    url: config.url,
    connections: config.connections,
    // The end is ours (below); this one only bounds what it can take.
    duration: loadMs / 1000 + answerTimeoutSeconds + 1,
    timeout: answerTimeoutSeconds,
    sampleInt: 100,
    headers: { 'user-agent': config.userAgent, accept: '*/*' },
    setupClient: (client) => {
      const inside = client as unknown as ClientInside;
      clients.push(inside);
      inside.on('request', () => {
        counts.sent++;
      });
    },
  };
  let finish: (error: unknown) => void = () => {};
  const finished = new Promise<unknown>((resolve) => {
    finish = resolve;
  });
  const run = autocannon(options, finish);
  // statusCode, not autocannon's own totals: for those every redirect is an error ("non 2xx").
  run.on('response', (_client, statusCode, _bytes, responseTime) => {
    lastAnswer = performance.now();
    counts.answer(statusCode, responseTime, lastAnswer - responseTime >= start + warmupMs);
  });
  run.on('reqError', (error: NodeJS.ErrnoException) => {
    counts.failure(error.message === 'request timed out' ? 'timeout' : (error.code ?? error.message));
  });
  // autocannon would cut the requests in flight at the end, which the server has recorded: let each client have its
  // answer and end by itself.
  const ending = setTimeout(() => {
    for (const client of clients) client.responseMax = 1;
  }, loadMs);
  const seconds = setInterval(() => {
    counts.second(0);
    onProgress(counts.progress((performance.now() - start) / 1000, 0));
  }, 1000);
  const pacer = startPacer(
    () => {},
    () => 11,
  );
  const error = await finished;
  if (error) throw error;
  pacer.stop();
  clearTimeout(ending);
  clearInterval(seconds);
  const cores = cpu.cores();

  for (let lost = counts.sent - counts.answered - (counts.failed - counts.wrongStatus); lost > 0; lost--) {
    counts.failure('closed before an answer');
  }
  counts.lastSecond((performance.now() - start) / 1000);
  const elapsedMs = Math.max(loadMs, lastAnswer - start);
  return {
    scheduled: counts.sent,
    ...counts.result(),
    startedAt: performance.timeOrigin + start,
    elapsedSeconds: elapsedMs / 1000,
    achievedRps: (counts.answered * 1000) / elapsedMs,
    spacingErrorMs: null,
    connections: config.connections,
    cpu: cores,
    loopLagMs: { p99: pacer.lag.percentile(99), max: pacer.lag.percentile(100) },
    generatorLimited: cores > BUSY_CORES,
    limitedReason:
      cores > BUSY_CORES
        ? `it used ${cores.toFixed(2)} of the one core that it can use: the server may carry more`
        : null,
  };
}
