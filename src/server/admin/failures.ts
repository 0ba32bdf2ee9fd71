/** What becomes of an admin request that fails: a plain answer without any of the error, and an event in the log. */
import type { ErrorRequestHandler } from 'express';
import { reasonOf } from '../../errors.ts';
import type { Log } from '../../telemetry/log-line.ts';

/** The last handler of an app. Nothing that a request holds makes a handler throw, so the failure is ours. */
export const answerFailures =
  (log: Log): ErrorRequestHandler =>
  (error: unknown, request, response, next) => {
    log('redirector.admin.request_failed', {
      'http.request.method': request.method,
      'url.path': request.path,
      'http.response.status_code': 500,
      'exception.message': reasonOf(error),
      'exception.stacktrace': String((error as Error).stack),
    });
    if (response.headersSent) return next(error);
    response.status(500).type('text/plain').send('This failed; the log says why.\n');
  };
