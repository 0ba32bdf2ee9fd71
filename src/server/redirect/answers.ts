/** The answers that the handler can give, prepared once: what stands in the head, and what the record says of it. */
import type { Config } from '../../config.ts';
import type { AnswerStatus } from '../../http-statuses.ts';
import { ruleFields } from '../queue/access-record.ts';
import { findRedirect, type Redirect, type RedirectTable } from './rules.ts';

export interface Answer {
  readonly status: AnswerStatus;
  /** Names and values in turn, as ServerResponse.writeHead takes them at the least cost. */
  readonly headers: string[];
  /** The same with `Connection: close`, for a server that drains. */
  readonly lastHeaders: string[];
  readonly body: string;
  readonly ruleJson: string;
  readonly route: string | undefined;
}

function answer(status: AnswerStatus, fields: string[], body: string, redirect?: Redirect): Answer {
  const headers = [...fields, 'Content-Length', String(Buffer.byteLength(body))];
  if (body !== '') headers.push('Content-Type', 'text/plain; charset=utf-8');
  return {
    status,
    headers,
    lastHeaders: [...headers, 'Connection', 'close'],
    body,
    ruleJson: ruleFields(redirect?.rule, redirect?.target),
    route: redirect?.route,
  };
}

/** Finds the answer to a method and request target. */
export type Answerer = (method: string, requestTarget: string) => Answer;

/** Prepares the answers of a table. GET and HEAD are redirected; any other method is 405 with Allow (RFC 9110, 15.5.6). */
export function prepareAnswers(table: RedirectTable, config: Config): Answerer {
  const cacheControl = config.cacheControl === '' ? [] : ['Cache-Control', config.cacheControl];
  const redirectAnswer = (redirect: Redirect): Answer =>
    answer(redirect.status, ['Location', redirect.target, ...cacheControl], '', redirect);
  const prepared = new Map<Redirect, Answer>();
  for (const redirect of table.exact.values()) prepared.set(redirect, redirectAnswer(redirect));
  if (table.fallback !== undefined) prepared.set(table.fallback, redirectAnswer(table.fallback));

  const wrongMethod = answer(405, ['Allow', 'GET, HEAD'], 'Method Not Allowed\n');
  const notFound = answer(404, ['Cache-Control', 'no-store'], 'Not Found\n');
  return (method, requestTarget) => {
    if (method !== 'GET' && method !== 'HEAD') return wrongMethod;
    const redirect = findRedirect(table, requestTarget);
    return redirect === undefined ? notFound : prepared.get(redirect)!;
  };
}
