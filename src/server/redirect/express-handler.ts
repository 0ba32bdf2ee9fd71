/** Answers what comes through Express. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestPath } from './request-path.ts';

/** Makes the handler that Express calls for every request. */
export function expressHandler(
  path: RequestPath,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const exchange = path.begin(request);
    const { answer, isLast, requestId } = exchange;
    const head = isLast ? [...answer.headers, 'Connection', 'close'] : answer.headers;
    response.writeHead(answer.status, requestId === undefined ? head : [...head, 'X-Request-Id', requestId]);
    response.end(request.method === 'HEAD' ? undefined : answer.body);
    // It waits where the socket holds it back, or where it is behind another answer of the same connection.
    if (response.writableFinished) path.end(exchange);
    else path.end(exchange, (listener) => response.once('finish', listener));
  };
}
