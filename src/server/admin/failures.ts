/** What becomes of an admin request that fails: a plain answer without any of the error, and an event in the log. */
import type { ErrorRequestHandler } from 'express';
import { reasonOf } from '../../errors.ts';
import type { Log } from '../../telemetry/log-line.ts';

/** The last handler of the app. A request that is at fault itself (400) is answered so; all else is ours. */
export const answerFailures =
  (log: Log): ErrorRequestHandler =>
  (error: Error & { readonly status?: number }, request, response, next) => {
    const { status = 500 } = error;
    if (status >= 500) {
      log('redirector.admin.request_failed', {
        'http.request.method': request.method,
        'url.path': request.path,
        'http.response.status_code': status,
        'exception.message': reasonOf(error),
        'exception.stacktrace': error.stack ?? '',
      });
    }
    if (response.headersSent) return next(error);
    response
      .status(status)
      .type('text/plain')
      .send(status >= 500 ? 'This failed; the log says why.\n' : 'The request is not valid.\n');
  };
