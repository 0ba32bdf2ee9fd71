import { execFile, execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startGenerator } from '../generator-process.ts';
import { type Paths, PeerUnavailable } from '../peers/peer.ts';
import { BROWSER } from './browser.ts';
import { type LoadResult, parseWrkOutput } from './wrk-output.ts';

/** Connections that are kept, where a peer names no other number. */
export const CONNECTIONS = 64;
/** Sent with each request by all tools. */
const USER_AGENT = BROWSER['user-agent'];

/** One run of load. */
export interface LoadOrder {
  url: string;
  seconds: number;
  connections: number;
  paths: Paths | undefined;
  /** Ends it early: it then rejects. */
  signal: AbortSignal;
  /** Told once connections are open, as far as the tool opens them ahead, and before the first request. */
  onStart?(): void;
}

/** Something that makes requests over connections that it keeps. */
export interface LoadTool {
  /** As the output names it, with its arguments. */
  description: string;
  run(order: LoadOrder): Promise<LoadResult>;
}

const wrk: LoadTool = {
  description: `wrk -c${CONNECTIONS} -t1 --latency, keep-alive, as fast as it goes`,
  async run({ url, seconds, connections, paths, signal, onStart }) {
    const args = [`-c${connections}`, '-t1', `-d${seconds}s`, '--latency', '-H', `User-Agent: ${USER_AGENT}`];
    if (paths !== undefined) args.push('-s', fileURLToPath(new URL('paths.lua', import.meta.url)));
    args.push(url);
    if (paths !== undefined) args.push('--', paths.prefix, String(paths.count));
    // wrk ends by itself; the time-out is for a wrk that hangs.
    const timeout = (seconds + 30) * 1_000;
    onStart?.();
    const { stdout } = await promisify(execFile)('wrk', args, { signal, timeout });
    return parseWrkOutput(stdout);
  },
};

const autocannon: LoadTool = {
  description: `autocannon, ${CONNECTIONS} connections, keep-alive (there is no wrk: rps and p99Ms tell of autocannon as much as of the server)`,
  async run({ url, seconds, connections, paths, signal, onStart }) {
    const { default: fire } = await import('autocannon');
    const headers = { 'User-Agent': USER_AGENT };
    onStart?.();
    // What it returns can be awaited and stopped, but is no whole Promise.
    const instance = fire({ url: onlyUrl(url, paths), connections, duration: seconds, headers });
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
      p999Ms: result.latency.p99_9,
      errors: result['1xx'] + result['4xx'] + result['5xx'] + result.errors,
    };
  },
};

/** Not h2load: that times a request from when it was sent, so that requests held up by a stall are missing from its percentiles. */
const steady = (rps: number): LoadTool => ({
  description: `${rps} requests a second, evenly spread over ${CONNECTIONS} keep-alive connections by Redirector's load test, timed from when each was due`,
  async run({ url, seconds, connections, paths, signal, onStart }) {
    const generator = await startGenerator({
      url: onlyUrl(url, paths),
      userAgent: USER_AGENT,
      rps,
      durationSeconds: seconds,
      connections,
      expect: [[300, 399]],
      answerTimeoutMs: 10_000,
      trace: false,
    });
    signal.addEventListener('abort', generator.stop, { once: true });
    try {
      onStart?.();
      const { statuses, achievedRps, latencyMs, failed } = await generator.run(() => {});
      const { p99, p999 } = latencyMs;
      // An answer of the HTTP parser, such as 408 under overload, is an error and leaves no record.
      const redirects = Object.entries(statuses).filter(([status]) => status.startsWith('3'));
      const answered = redirects.reduce((sum, [, count]) => sum + count, 0);
      return { answered, rps: achievedRps, p99Ms: p99, p999Ms: p999, errors: failed };
    } finally {
      signal.removeEventListener('abort', generator.stop);
      generator.stop();
    }
  },
});

/** Only wrk asks for a path after the other at no cost to the server's core; the others ask for one. */
function onlyUrl(url: string, paths: Paths | undefined): string {
  if (paths === undefined) return url;
  if (paths.count > 1)
    throw new PeerUnavailable('many paths are asked for by wrk only, and not at an even rate');
  return new URL(`${paths.prefix}0`, url).href;
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
