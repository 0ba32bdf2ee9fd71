/** An open-loop load: requests start when they are due, however long the answers take. */
import { Agent, get } from 'node:http';
import { TimeHistogram } from '../../loadtest/latency.ts';

export interface LoadResult {
  readonly sent: number;
  /** Answered with the expected status. */
  readonly answered: number;
  /** What else happened, by what it was (a status, an error code). */
  readonly failures: Readonly<Record<string, number>>;
}

export interface SteadyLoad {
  readonly sent: number;
  /** Times from the moment a request was due to its answer, of the requests from now on until the next call. */
  measure(): TimeHistogram;
  /** Ends the load and resolves when every request has been answered or has failed. May be called again. */
  stop(): Promise<LoadResult>;
}

/** A request is sent late by up to this, and that is in its time. */
const TICK_MS = 1;

/**
 * GETs `url` about `rps` times a second over keep-alive connections until it is stopped.
 * @param status what counts as answered
 */
export function startLoad(url: string, rps: number, status = 301): SteadyLoad {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const failures: Record<string, number> = {};
  const fail = (what: string): void => {
    failures[what] = (failures[what] ?? 0) + 1;
  };
  const started = performance.now();
  const finished = Promise.withResolvers<void>();
  let sent = 0;
  let open = 0;
  let answered = 0;
  let stopped = false;
  let times = new TimeHistogram();

  const send = (): void => {
    const due = started + (sent * 1000) / rps;
    const measured = times;
    sent++;
    open++;
    let over = false; // an answer that breaks off has both an error and a close
    const done = (): void => {
      if (over) return;
      over = true;
      open--;
      if (stopped && open === 0) finished.resolve();
    };
    get(`${url}/?n=${sent}`, { agent }, (response) => {
      measured.record(performance.now() - due);
      if (response.statusCode === status) answered++;
      else fail(String(response.statusCode));
      response.resume();
      response.once('close', done);
    }).once('error', (error: NodeJS.ErrnoException) => {
      fail(error.code ?? error.message);
      done();
    });
  };
  const timer = setInterval(() => {
    const due = ((performance.now() - started) / 1000) * rps;
    while (sent < due) send();
  }, TICK_MS);

  return {
    get sent() {
      return sent;
    },
    measure() {
      times = new TimeHistogram();
      return times;
    },
    async stop() {
      clearInterval(timer);
      stopped = true;
      if (open === 0) finished.resolve();
      await finished.promise;
      agent.destroy();
      return { sent, answered, failures };
    },
  };
}
