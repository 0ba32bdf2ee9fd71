/**
 * node:http for the threads of a server. As an import it would load Node's WebSocket client too, as an import has all exports of
 * a module at hand: 7 MiB in each thread.
 */
import process from 'node:process';

export const { createServer, IncomingMessage, ServerResponse, STATUS_CODES } =
  process.getBuiltinModule('node:http');
