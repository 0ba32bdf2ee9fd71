/** The load generators that are put to the proof: ours, autocannon and wrk, as they are commonly used. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import autocannon from 'autocannon';
import { startGenerator } from '../generator-process.ts';
import type { Percentiles } from '../latency.ts';
import type { Arrivals } from '../schedule.ts';

/** What a generator is asked for. */
export interface ProofLoad {
  readonly url: string;
  readonly rps: number;
  readonly seconds: number;
  readonly connections: number;
}

/** What it says of the latency. */
export type Reported = Percentiles;

export async function ours(load: ProofLoad, arrivals: Arrivals): Promise<Reported> {
  const generator = await startGenerator({
    url: load.url,
    userAgent: 'redirector-loadtest/proof',
    rps: load.rps,
    durationSeconds: load.seconds,
    arrivals,
    connections: load.connections,
    expect: [[300, 399]],
    answerTimeoutMs: 30_000,
    trace: false,
  });
  try {
    return (await generator.run(() => {})).latencyMs;
  } finally {
    generator.stop();
  }
}

/** With a rate it corrects what it reports for the requests that it did not send. */
export async function byAutocannon(load: ProofLoad, atRate: boolean): Promise<Reported> {
  const rate = atRate ? { overallRate: load.rps } : {};
  const { latency } = await autocannon({
    url: load.url,
    connections: load.connections,
    duration: load.seconds,
    ...rate,
  });
  return { p50: latency.p50, p90: latency.p90, p99: latency.p99, p999: latency.p99_9, max: latency.max };
}

/** Undefined where wrk is not installed. */
export async function byWrk({ url, seconds, connections }: ProofLoad): Promise<Reported | undefined> {
  const script = fileURLToPath(new URL('percentiles.lua', import.meta.url));
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, url];
  try {
    const { stdout } = await promisify(execFile)('wrk', args, { timeout: (seconds + 30) * 1000 });
    return parseWrkPercentiles(stdout);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Reads what percentiles.lua prints behind wrk's own lines. */
export function parseWrkPercentiles(output: string): Reported {
  const at = (percentile: string): number =>
    Number(new RegExp(`^${percentile.replace('.', '\\.')} ([\\d.]+)$`, 'm').exec(output)?.[1]);
  return { p50: at('50'), p90: at('90'), p99: at('99'), p999: at('99.9'), max: at('100') };
}
