/** One HTTP request, on a connection of its own unless an agent is given: no pool outlives the test. */
import { type Agent, type IncomingHttpHeaders, request } from 'node:http';

export interface AskOptions {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  agent?: Agent;
  timeoutMs?: number;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: string[];
  readonly body: string;
}

/** Resolves with the answer, whatever its status; follows no redirect. Rejects when there is none. */
export async function ask(url: string, options: AskOptions = {}): Promise<Reply> {
  const { method = 'GET', headers = {}, body, agent = false, timeoutMs = 10_000 } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const signal = AbortSignal.timeout(timeoutMs);
  const outgoing = request(url, { method, headers, agent, signal }, async (response) => {
    try {
      const text = Buffer.concat(await response.toArray()).toString('utf8');
      const { statusCode = 0, headers, rawHeaders } = response;
      resolve({ status: statusCode, headers, rawHeaders, body: text });
    } catch (error) {
      reject(error);
    }
  });
  outgoing.on('error', reject).end(body);
  return promise;
}
