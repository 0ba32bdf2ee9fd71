/** What a run of load amounts to, whichever tool made it. */
export interface LoadResult {
  /** Answers that came whole and in time, with a 2xx or 3xx status. */
  answered: number;
  rps: number;
  p99Ms: number;
  /** Null where the tool does not tell it. */
  p999Ms: number | null;
  /** Answers with another status, and connections that failed or timed out. */
  errors: number;
}

const UNIT_MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * Reads what `wrk --latency` prints. wrk counts an answer when it has come whole, so requests in flight at the end
 * (at most one a connection) are in neither figure. Throws when a figure is missing.
 */
export function parseWrkOutput(output: string): LoadResult {
  const requests = Number(figure(output, /^\s*(\d+) requests in /m, 'the number of requests'));
  const rps = Number(figure(output, /^Requests\/sec:\s+([\d.]+)/m, 'Requests/sec'));
  const p99Ms = parseDuration(figure(output, /^\s+99%\s+(\S+)/m, 'the 99th percentile'));
  const badStatus = Number(/^\s*Non-2xx or 3xx responses: (\d+)/m.exec(output)?.[1] ?? 0);
  const socketErrors = /^\s*Socket errors: (.*)$/m.exec(output)?.[1]?.match(/\d+/g) ?? [];
  return {
    answered: requests - badStatus,
    rps,
    p99Ms,
    p999Ms: null,
    errors: socketErrors.reduce((sum, count) => sum + Number(count), badStatus),
  };
}

function figure(output: string, pattern: RegExp, what: string): string {
  const found = pattern.exec(output)?.[1];
  if (found === undefined) throw new Error(`wrk did not print ${what}: ${output.trim().slice(-300)}`);
  return found;
}

/** wrk's times in milliseconds: `911.00us`, `1.23ms`, `2.00s`, `1.50m`. Throws for anything else. */
export function parseDuration(text: string): number {
  const [, value, unit = ''] = /^([\d.]+)(\w+)$/.exec(text) ?? [];
  const factor = UNIT_MS[unit];
  if (value === undefined || factor === undefined) throw new Error(`not a time that wrk prints: ${text}`);
  return Number(value) * factor;
}
