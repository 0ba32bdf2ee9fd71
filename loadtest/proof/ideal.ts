/**
 * What an ideal open loop sees of a server whose service time and stalls are known: computed, not measured. The server
 * answers a request `serviceMs` after it has read it, however many there are; while it stalls it reads and writes
 * nothing. The generator has so many connections with one request on each at a time.
 */
import type { Schedule } from '../schedule.ts';

export interface KnownServer {
  readonly serviceMs: number;
  /** Undefined: it never stalls. The first stall is half of `everyMs` after the first request. */
  readonly stall: { readonly everyMs: number; readonly forMs: number } | undefined;
}

/** From when each request is due to its answer, in ms, in the order in which requests are due. */
export function idealLatencies(schedule: Schedule, connections: number, server: KnownServer): number[] {
  /** When the server can do next what it would do at `time`. */
  const awake = (time: number): number => {
    if (server.stall === undefined) return time;
    const { everyMs, forMs } = server.stall;
    const into = (time + everyMs / 2) % everyMs;
    return time >= everyMs / 2 && into < forMs ? time - into + forMs : time;
  };
  const freeAt = new Float64Array(connections);
  return Array.from({ length: schedule.total }, (_, index) => {
    const due = schedule.dueAt(index);
    let first = 0;
    for (let slot = 1; slot < connections; slot++) if (freeAt[slot]! < freeAt[first]!) first = slot;
    const read = awake(Math.max(due, freeAt[first]!));
    const answered = awake(read + server.serviceMs);
    freeAt[first] = answered;
    return answered - due;
  });
}

/** The value at a percentile, as histograms define it: the least that so many are not above. */
export function percentileOf(sorted: readonly number[], percent: number): number {
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0;
}
