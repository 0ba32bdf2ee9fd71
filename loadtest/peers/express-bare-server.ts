// Express at its cheapest, as a program: `node express-bare-server.ts PORT`. The lower bound for a server on Express.
import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import express from 'express';
import { serve } from './serve.ts';

const app = express().disable('x-powered-by');
app.use((_request, response) => {
  // An array of headers skips the per-header work of setHeader and res.redirect.
  response.writeHead(301, ['Location', 'http://google.com/', 'Content-Length', '0']).end();
});

// Express gives every request and response another prototype, which costs V8 its inline caches. Objects that are
// born with the prototype that Express would set make that a no-op. They have to be born by `new`: constructors that
// call IncomingMessage and ServerResponse as functions cost more than they save.
class Request extends IncomingMessage {}
class Response extends ServerResponse {}
Object.setPrototypeOf(Request.prototype, app.request);
Object.setPrototypeOf(Response.prototype, app.response);
app.request = Request.prototype as express.Request;
app.response = Response.prototype as unknown as express.Response;

serve(createServer({ IncomingMessage: Request, ServerResponse: Response }, app));
