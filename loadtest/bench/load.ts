import { execFile, execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startGenerator } from '../generator-process.ts';
import { type Paths, PeerUnavailable } from '../peers/peer.ts';
import { type LoadResult, parseWrkOutput } from './wrk-output.ts';

const CONNECTIONS = 64;

/** Something that makes requests over connections that it keeps. */
export interface LoadTool {
  /** As the output names it, with its arguments. */
  description: string;
  /** Runs for that many seconds; ends early, rejecting, when the signal says so. */
  run(url: string, seconds: number, signal: AbortSignal, paths?: Paths): Promise<LoadResult>;
}

const wrk: LoadTool = {
  description: `wrk -c${CONNECTIONS} -t1 --latency, keep-alive`,
  async run(url, seconds, signal, paths) {
    const args = [`-c${CONNECTIONS}`, '-t1', `-d${seconds}s`, '--latency'];
    if (paths !== undefined) args.push('-s', fileURLToPath(new URL('paths.lua', import.meta.url)));
    args.push(url);
    if (paths !== undefined) args.push('--', paths.prefix, String(paths.count));
    // wrk ends by itself; the time-out is for a wrk that hangs.
    const timeout = (seconds + 30) * 1_000;
    const { stdout } = await promisify(execFile)('wrk', args, { signal, timeout });
    return parseWrkOutput(stdout);
  },
};

const autocannon: LoadTool = {
  description: `autocannon, ${CONNECTIONS} connections, keep-alive (there is no wrk: rps and p99Ms tell of autocannon as much as of the server)`,
  async run(url, seconds, signal, paths) {
    refusePaths(paths);
    const { default: fire } = await import('autocannon');
    // What it returns can be awaited and stopped, but is no whole Promise.
    const instance = fire({ url, connections: CONNECTIONS, duration: seconds });
    const stop = () => (instance as unknown as { stop(): void }).stop();
    signal.addEventListener('abort', stop, { once: true });
    const result = await instance;
    signal.removeEventListener('abort', stop);
    signal.throwIfAborted();
    // autocannon calls a 3xx "non2xx", so the classes are added up here.
    const answered = result['2xx'] + result['3xx'];
    return {
      answered,
      rps: answered / result.duration,
      p99Ms: result.latency.p99,
      errors: result['1xx'] + result['4xx'] + result['5xx'] + result.errors,
    };
  },
};

const steady = (rps: number): LoadTool => ({
  description: `${rps} requests a second, evenly spread over ${CONNECTIONS} keep-alive connections by Redirector's load test`,
  async run(url, seconds, signal, paths) {
    refusePaths(paths);
    const generator = await startGenerator({
      url,
      userAgent: 'redirector-bench',
      rps,
      durationSeconds: seconds,
      connections: CONNECTIONS,
      expect: [[300, 399]],
      answerTimeoutMs: 10_000,
      trace: false,
    });
    signal.addEventListener('abort', generator.stop, { once: true });
    try {
      const { answered, achievedRps, latencyMs, failed } = await generator.run(() => {});
      return { answered, rps: achievedRps, p99Ms: latencyMs.p99, errors: failed };
    } finally {
      signal.removeEventListener('abort', generator.stop);
      generator.stop();
    }
  },
});

/** Only wrk asks for a path after the other at no cost to the server's core. */
function refusePaths(paths: Paths | undefined): void {
  if (paths !== undefined)
    throw new PeerUnavailable('many paths are asked for by wrk only, and not with --rps');
}

/**
 * Requests at an even rate where one is given. Else as fast as they are answered: by wrk where it is installed, or by
 * autocannon, which costs the load's core far more for each request.
 */
export function chooseLoadTool(rps: number | undefined): LoadTool {
  if (rps !== undefined) return steady(rps);
  try {
    execFileSync('wrk', ['-v'], { stdio: 'ignore' });
    return wrk;
  } catch (error) {
    // wrk -v prints its version and exits with 1.
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? autocannon : wrk;
  }
}
