/**
 * A server whose service time and stalls are known, as a process of its own, which also notes when each request came. Its
 * answers leave by the generator's own pacer: timers of Node would add up to a millisecond to each.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { startPacer } from '../pacer.ts';
import type { FromKnownServer, ToKnownServer } from './known-server.ts';

const tell = (message: FromKnownServer): void => {
  process.send!(message);
};

/** Answers that wait for their time, in order. */
const waiting: { readonly at: number; readonly response: ServerResponse }[] = [];
let arrivals: number[] = [];
let serviceMs = 0;
let stall: { everyMs: number; forMs: number } | undefined;
let nextStall = Number.POSITIVE_INFINITY;
const never = new Int32Array(new SharedArrayBuffer(4));

const server = createServer({ keepAliveTimeout: 60_000 }, (_request, response) => {
  const now = performance.now();
  // Stalls are counted from the first request of a run.
  if (arrivals.length === 0 && stall !== undefined) nextStall = now + stall.everyMs / 2;
  arrivals.push(now);
  if (serviceMs === 0) answer(response);
  else waiting.push({ at: now + serviceMs, response });
});

function answer(response: ServerResponse): void {
  response.writeHead(301, { location: '/', 'content-length': 0 }).end();
}

startPacer(
  (now) => {
    if (stall !== undefined && now >= nextStall) {
      Atomics.wait(never, 0, 0, nextStall + stall.forMs - now);
      nextStall += stall.everyMs;
    }
    while (waiting.length > 0 && waiting[0]!.at <= performance.now()) {
      answer(waiting.shift()!.response);
    }
  },
  // A request that comes while the pacer sleeps is not due before it wakes.
  (now) => Math.min(nextStall, waiting[0]?.at ?? now + Math.max(1, serviceMs / 2)) - now,
);

process.on('disconnect', () => process.exit());
process.on('message', (message: ToKnownServer) => {
  if (message.type === 'begin') {
    ({ serviceMs, stall } = message.server);
    arrivals = [];
    nextStall = Number.POSITIVE_INFINITY;
    tell({ type: 'begun' });
  } else {
    tell({ type: 'arrivals', arrivals });
  }
});
server.listen(0, '127.0.0.1', () =>
  tell({ type: 'listening', port: (server.address() as AddressInfo).port }),
);
