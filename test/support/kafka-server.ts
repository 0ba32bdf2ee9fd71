/** A server for tests of where its records go: it has a target, and ends with the block that it is `await using` in. */
import type { OptionKey } from '../../src/options.ts';
import type { Stats } from '../../src/server/admin/stats.ts';
import { type RunningServer, startServer } from './server.ts';

export type Flags = Readonly<Partial<Record<OptionKey, string | number>>>;

export interface ServingServer extends RunningServer, AsyncDisposable {
  /** Waits until `offered` records were offered and none waits or is under way, and gives the stats of that moment. */
  quiet(offered: number): Promise<Stats>;
  /** Waits until the sink is connected; its status comes a moment after what it did. */
  connected(): Promise<Stats>;
}

const QUIET_MS = 60_000;

/** Starts a server that redirects every path to one target, unless rules are given. */
export async function serve(
  flags: Flags,
  env: Readonly<Record<string, string>> = {},
): Promise<ServingServer> {
  const target = flags.rules === undefined ? { target: 'https://example.com/' } : {};
  const server = await startServer({ flags: { ...target, ...flags }, env });
  return {
    ...server,
    quiet: (offered) =>
      server.waitForStats(
        `${offered} records to be settled`,
        // A record is offered a moment before it is in the queue, or dropped.
        ({ ledger: { queued, inFlight, unaccounted, ...ledger } }) =>
          ledger.offered === offered && queued + inFlight + unaccounted === 0,
        QUIET_MS,
      ),
    connected: () =>
      server.waitForStats('the sink to be connected', ({ sink }) => sink.state === 'connected', QUIET_MS),
    async [Symbol.asyncDispose]() {
      server.kill('SIGCONT');
      server.kill('SIGKILL');
      await server.exited();
    },
  };
}
