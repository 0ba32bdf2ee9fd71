/** `redirector status`: what a running server counts, from its admin API. */
import { exitCode, reasonOf, userError } from '../../errors.ts';
import { boolean, httpUrl } from '../../option-types.ts';
import { adminUrlOf } from '../admin-url.ts';
import { defineCommand, ownOption } from '../command.ts';
import { printJson, printLine, printTable, styled } from '../output.ts';
import { type Stats, statusRows } from '../status-rows.ts';

const STATS_PATH = '/api/v1/stats';
const REQUEST_TIMEOUT_MS = 5000;
const WATCH_INTERVAL_MS = 1000;

export const command = defineCommand({
  details: 'Exits 3 when the server does not answer. With --watch --json it prints one JSON document a line.',
  examples: [
    ['redirector status', 'The server on this machine with the default ports'],
    ['redirector status --admin-url http://10.0.0.7:8081/ --watch', 'Another, again every second'],
  ],
  takes: ['admin.host', 'admin.port', 'admin.token', 'admin.tokenFile'],
  json: true,
  own: {
    adminUrl: ownOption({
      type: httpUrl,
      defaultText: 'made of admin.host and admin.port',
      help: "Address of the server's admin API.",
      accepts: ['http://127.0.0.1:8081/'],
      refuses: ['127.0.0.1:8081'],
    }),
    watch: ownOption({
      type: boolean,
      default: false,
      help: 'Print it again every second.',
      accepts: ['true'],
      refuses: ['often'],
    }),
  },
  async run({ own, json, loadConfig }) {
    const { config } = loadConfig();
    const url = new URL(STATS_PATH, own.adminUrl ?? adminUrlOf(config)).href;
    do {
      const stats = await fetchStats(url, config['admin.token']);
      if (json) printJson(stats);
      else print(stats, own.watch);
      if (own.watch) await new Promise((resolve) => setTimeout(resolve, WATCH_INTERVAL_MS));
    } while (own.watch);
    return exitCode.ok;
  },
});

async function fetchStats(url: string, token: string | undefined): Promise<Stats> {
  const unreachable = (reason: string, cause?: unknown) =>
    userError('SERVER_UNREACHABLE', { url, reason }, { cause });
  let response: Response;
  let body: string;
  try {
    response = await fetch(url, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    body = await response.text();
  } catch (error) {
    // fetch says "fetch failed" and keeps the reason in the cause; of two addresses tried, an error without words.
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    throw unreachable(reasonOf(cause) || ((cause as NodeJS.ErrnoException).code ?? 'no connection'), error);
  }
  if (response.status === 401 || response.status === 403) {
    throw unreachable(`it wants a token (status ${response.status}); give admin.token or admin.tokenFile`);
  }
  if (!response.ok)
    throw unreachable(`it answered with status ${response.status}, not as Redirector's admin API`);
  try {
    return JSON.parse(body) as Stats;
  } catch (error) {
    throw unreachable("its answer is not JSON, so it is not Redirector's admin API", error);
  }
}

const CLEAR_SCREEN = '\x1b[2J\x1b[H';

function print(stats: Stats, watch: boolean): void {
  if (watch && process.stdout.isTTY) process.stdout.write(CLEAR_SCREEN);
  printTable(statusRows(stats).map(([name, value]) => [styled('bold', name), value]));
  if (watch) printLine();
}
