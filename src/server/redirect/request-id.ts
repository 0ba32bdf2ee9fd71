/** X-Request-Id: ids by which a request is found again in the logs of all that it came through. */
import type { IncomingHttpHeaders } from 'node:http';
import { clickId } from './click-id.ts';

/** What is taken over from a client: it stands in an answer and in records, where it must do no harm. */
const PROPER = /^[\w.:/+=-]{1,128}$/;

/** The request's own id where it has a proper one, else a new UUIDv7. */
export function requestIdOf(headers: IncomingHttpHeaders): string {
  const own = headers['x-request-id'];
  return typeof own === 'string' && PROPER.test(own) ? own : clickId();
}
