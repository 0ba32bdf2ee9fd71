/** Asks a server's admin API what it knows of itself. */
import type { Config } from '../config.ts';
import { reasonOf, userError } from '../errors.ts';
import { hostAndPort } from '../hosts.ts';
import { httpUrl } from '../option-types.ts';
import type { OptionKey } from '../options.ts';
import { ownOption } from './command.ts';
import type { Stats } from './status-rows.ts';

const STATS_PATH = '/api/v1/stats';
const REQUEST_TIMEOUT_MS = 5000;

/** What a command that asks a server takes from the option table to find it. */
export const adminKeys = [
  'admin.host',
  'admin.port',
  'admin.token',
  'admin.tokenFile',
] as const satisfies readonly OptionKey[];

export const adminUrlOption = ownOption({
  type: httpUrl,
  defaultText: 'made of admin.host and admin.port',
  help: "Address of the server's admin API.",
  accepts: ['http://127.0.0.1:8081/'],
  refuses: ['127.0.0.1:8081'],
});

/** A server that listens on every address is asked at the loopback one. */
export function adminUrlOf(config: Config): string {
  const everywhere: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  const host = everywhere[config['admin.host']] ?? config['admin.host'];
  return `http://${hostAndPort(host, config['admin.port'])}/`;
}

/** Where the stats of a server are. */
export const statsUrlOf = (config: Config, adminUrl: string | undefined): string =>
  new URL(STATS_PATH, adminUrl ?? adminUrlOf(config)).href;

/** @throws RedirectorError SERVER_UNREACHABLE */
export async function fetchStats(url: string, token: string | undefined): Promise<Stats> {
  const unreachable = (reason: string, cause?: unknown) =>
    userError('SERVER_UNREACHABLE', { url, reason }, { cause });
  let response: Response;
  let body: string;
  try {
    response = await fetch(url, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      redirect: 'manual', // what redirects is another server, or another port of ours
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    body = await response.text();
  } catch (error) {
    // fetch says "fetch failed" and keeps the reason in the cause; of two addresses tried, an error without words.
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    throw unreachable(reasonOf(cause) || ((cause as NodeJS.ErrnoException).code ?? 'no connection'), error);
  }
  if (response.status === 401 || response.status === 403) {
    throw unreachable(`it wants a token (status ${response.status}); give admin.token`);
  }
  if (!response.ok)
    throw unreachable(`it answered with status ${response.status}, not as Redirector's admin API`);
  try {
    return JSON.parse(body) as Stats;
  } catch (error) {
    throw unreachable("its answer is not JSON, so it is not Redirector's admin API", error);
  }
}
