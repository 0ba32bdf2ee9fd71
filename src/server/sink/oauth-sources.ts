/** Where tokens come from: an OAuth 2.0 token endpoint, or a module of the user's. */
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { reasonOf } from '../../errors.ts';
import type { TokenSource } from './oauth-token.ts';

/** Of an answer of the token endpoint; a token has a few KiB. */
const MAX_ANSWER_BYTES = 256 * 1024;

export interface ClientCredentials {
  readonly tokenEndpoint: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string | undefined;
}

/** The client credentials grant (RFC 6749, 4.4), the client known by HTTP Basic, which every endpoint must support. */
export function clientCredentials({
  tokenEndpoint,
  clientId,
  clientSecret,
  scope,
}: ClientCredentials): TokenSource {
  const basic = Buffer.from(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`).toString('base64');
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    ...(scope === undefined ? {} : { scope }),
  }).toString();
  const { origin, pathname } = new URL(tokenEndpoint);
  const shown = `the token endpoint ${origin}${pathname}`;
  return async (signal) => {
    let response: Response;
    let text: string;
    try {
      response = await fetch(tokenEndpoint, {
        method: 'POST',
        headers: {
          authorization: `Basic ${basic}`,
          accept: 'application/json',
          'content-type': 'application/x-www-form-urlencoded',
        },
        body,
        redirect: 'error', // it would carry the secret to where nobody named
        signal,
      });
      text = await limited(response);
    } catch (error) {
      // fetch says "fetch failed", and why in the cause.
      throw new Error(`${shown} does not answer: ${reasonOf((error as Error).cause ?? error)}`, {
        cause: error,
      });
    }
    const answer = jsonObject(text);
    if (!response.ok) throw new Error(`${shown} refuses: HTTP ${response.status}${errorCode(answer)}`);
    const { access_token: value, expires_in: seconds } = answer;
    if (typeof value !== 'string') throw new Error(`${shown} answers without an access_token`);
    const life = Number(seconds);
    return { value, ...(life > 0 ? { expiresAt: Date.now() + life * 1000 } : {}) };
  };
}

/** As RFC 6749, 2.3.1 wants the two parts of HTTP Basic. */
const formEncoded = (text: string): string => new URLSearchParams({ text }).toString().slice('text='.length);

async function limited(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`its answer has more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function jsonObject(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

/** `error` of RFC 6749, 5.2. The description beside it often has a time in it: the same trouble would read anew each time. */
function errorCode({ error }: Readonly<Record<string, unknown>>): string {
  return typeof error === 'string' && /^[\x20-\x7e]{1,80}$/.test(error) ? ` (${error})` : '';
}

/**
 * A module whose default export gives tokens: a path from the working directory, or a package as seen from there.
 * @throws Error at once where there is no such file or package; all else is an error of each token
 */
export function moduleTokens(specifier: string): TokenSource {
  const isPath = /^(\.{0,2}[/\\]|[a-z]:[/\\])/i.test(specifier);
  const here = createRequire(join(process.cwd(), 'index.js'));
  const url = pathToFileURL(here.resolve(isPath ? resolve(specifier) : specifier)).href;
  return async (signal) => {
    const { default: provider } = (await import(url)) as { default?: unknown };
    if (typeof provider !== 'function') {
      throw new Error(`the default export of "${specifier}" (sasl.oauth.provider) is not a function`);
    }
    return provider({ signal });
  };
}
