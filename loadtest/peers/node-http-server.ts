// node:http alone, as a program: `node node-http-server.ts PORT`. The lower bound for a server on Node.
import { createServer } from 'node:http';
import { serve } from './serve.ts';

serve(
  createServer((_request, response) => {
    response.writeHead(301, ['Location', 'http://google.com/', 'Content-Length', '0']).end();
  }),
);
