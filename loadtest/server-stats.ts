/** What a server says of itself, through its admin API (GET /api/v1/stats), and what of that belongs to this run. */
import { reasonOf, userError } from '../src/errors.ts';

/** The part of the stats document that a load test reads; counts of records since the process began. */
export interface ServerStats {
  readonly uptimeSeconds: number;
  readonly ledger: {
    readonly offered: number;
    readonly delivered: number;
    readonly dropped: Readonly<Record<string, number>>;
    readonly spooled: number;
    readonly queued: number;
    readonly inFlight: number;
    readonly unconfirmed: number;
  };
  readonly queue: { readonly records: number };
  readonly sink: { readonly kind: 'kafka' | 'spool' | 'stdout' };
}

/** The ledger of one run: what was counted between two readings. `queued` and `inFlight` are as they are now. */
export interface RunLedger {
  readonly offered: number;
  readonly delivered: number;
  /** Reasons with at least one record. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Negative when the spool held less after the run than before it. */
  readonly spooled: number;
  readonly queued: number;
  readonly inFlight: number;
  readonly unconfirmed: number;
  /** Records that were queued or in flight before the run: their outcome is counted in it. */
  readonly earlier: number;
  /** Records that the spool held before the run. */
  readonly spooledBefore: number;
  /** The second reading is of another process: its counts began anew and say nothing of the run. */
  readonly restarted: boolean;
}

const REQUEST_TIMEOUT_MS = 3000;
const QUIET_POLL_MS = 100;

/** The ledger of what happened between `before` and `after`. */
export function ledgerOfRun(before: ServerStats, after: ServerStats): RunLedger {
  const [a, b] = [before.ledger, after.ledger];
  const dropped: Record<string, number> = {};
  for (const [reason, count] of Object.entries(b.dropped)) {
    const more = count - (a.dropped[reason] ?? 0);
    if (more !== 0) dropped[reason] = more;
  }
  return {
    offered: b.offered - a.offered,
    delivered: b.delivered - a.delivered,
    dropped,
    spooled: b.spooled - a.spooled,
    queued: b.queued,
    inFlight: b.inFlight,
    unconfirmed: b.unconfirmed - a.unconfirmed,
    earlier: a.queued + a.inFlight,
    spooledBefore: a.spooled,
    restarted: after.uptimeSeconds < before.uptimeSeconds,
  };
}

/** The sum over all reasons. */
export const sumOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

/** A server's admin API. */
export class AdminClient {
  readonly url: string;
  readonly #headers: Record<string, string>;

  constructor(url: string, token: string | undefined) {
    this.url = url.replace(/\/+$/, '');
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  /** @throws RedirectorError SERVER_UNREACHABLE, also when what answers is not Redirector's admin API. */
  async stats(): Promise<ServerStats> {
    const url = `${this.url}/api/v1/stats`;
    const unreachable = (reason: string) => userError('SERVER_UNREACHABLE', { url, reason });
    let response: Response;
    let document: unknown;
    try {
      response = await fetch(url, {
        headers: this.#headers,
        // A redirect is what the port of the redirects answers: following it would ask a stranger.
        redirect: 'manual',
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      document = response.headers.get('content-type')?.includes('json') ? await response.json() : undefined;
    } catch (error) {
      // fetch says only "fetch failed"; the cause has the reason.
      const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
      throw unreachable((cause as NodeJS.ErrnoException).code ?? reasonOf(cause));
    }
    if (response.status === 401 || response.status === 403) {
      throw unreachable(
        `it answered ${response.status}, so it wants its token (--admin-token-file or --admin-token)`,
      );
    }
    if (!response.ok || !isStats(document)) {
      throw unreachable(`it answered ${response.status}, but not as the admin API of Redirector does`);
    }
    return document;
  }

  /** True once GET /readyz answers 200; false for every other answer and for none. */
  async ready(): Promise<boolean> {
    try {
      const response = await fetch(`${this.url}/readyz`, {
        redirect: 'manual',
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      await response.arrayBuffer();
      return response.status === 200;
    } catch {
      return false;
    }
  }

  /**
   * Waits until nothing is queued or in flight, twice in a row with the same counts: the record of the last answer is
   * offered after the answer. Resolves with the last reading also when `deadlineMs` passes first.
   * @param emptySpool also wait until the spool was played back
   * @throws RedirectorError SERVER_UNREACHABLE
   */
  async whenQuiet(deadlineMs: number, signal: AbortSignal, emptySpool = false): Promise<ServerStats> {
    const deadline = performance.now() + deadlineMs;
    let last: ServerStats | undefined;
    for (;;) {
      signal.throwIfAborted();
      const stats = await this.stats();
      const { queued, inFlight, spooled } = stats.ledger;
      const quiet = queued === 0 && inFlight === 0 && (!emptySpool || spooled === 0);
      if (quiet && last !== undefined && JSON.stringify(last.ledger) === JSON.stringify(stats.ledger))
        return stats;
      if (performance.now() >= deadline) return stats;
      last = stats;
      await new Promise((resolve) => setTimeout(resolve, QUIET_POLL_MS));
    }
  }
}

function isStats(document: unknown): document is ServerStats {
  const stats = document as ServerStats | undefined;
  return typeof stats?.ledger?.offered === 'number' && typeof stats.sink?.kind === 'string';
}
