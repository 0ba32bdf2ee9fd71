/** Requests that never come to the handler, and so have no record: those that the parser refuses, or their Host headers. */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ParserStatus } from '../http-statuses.ts';
import { STATUS_CODES } from '../node-http.ts';

/** By the code of the parser's error; all others are 400. */
const PARSER_STATUSES: Readonly<Record<string, ParserStatus>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

type Count = (status: ParserStatus) => void;

/** Answers as Node does by itself when nobody listens, and counts that. */
export function answerBadRequests(server: Server, count: Count): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket & { _httpMessage?: unknown }) => {
    const isParsers = error.code?.startsWith('HPE_') === true || error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
    // Behind an answer that is still under way, the client would take this one for another request's.
    if (isParsers && socket.writable && socket._httpMessage == null) {
      const status = PARSER_STATUSES[error.code!] ?? 400;
      count(status);
      socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`);
    }
    socket.destroy(error);
  });
  server.on('checkExpectation', (_: IncomingMessage, response: ServerResponse) => {
    count(417);
    response.writeHead(417).end();
  });
}

/** Answers 400 to what RFC 9112, 3.2 has it for: no Host header, or more than one, of which proxies may have taken another than we would. */
export const withOneHost =
  (listener: RequestListener, count: Count): RequestListener =>
  (request, response) => {
    const hosts = hostCount(request.rawHeaders);
    if (hosts === 1 || (hosts === 0 && request.httpVersion !== '1.1')) return listener(request, response);
    count(400);
    response.writeHead(400, ['Connection', 'close']).end();
  };

/** @param rawHeaders names and values in turn, as sent */
export function hostCount(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!;
    // The length first: few other names have it, and this runs for every request.
    if (name.length === 4 && (name === 'Host' || name.toLowerCase() === 'host')) count++;
  }
  return count;
}
