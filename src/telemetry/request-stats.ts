/**
 * What the listeners count in shared memory, a row each: answers by method, status and duration, and what clients hold.
 * Rows have one writing thread, so the request path needs no read-modify-write.
 */
import { type AnswerStatus, answerStatuses, type ParserStatus, parserStatuses } from '../http-statuses.ts';
import { countOf, type HistogramValue, histogramCells, observe, readHistogram } from './histogram-cells.ts';
import { type HttpMethod, httpMethods, methodPlace } from './http-methods.ts';
import { metrics } from './metric-names.ts';

const { buckets } = metrics['http.server.request.duration'];

const CONNECTIONS = 0;
const WAITING = 1;
const LIMITED = 2;
/** A cell for each status. */
const BAD_REQUESTS = 3;
/** A cell for each reason. */
const REFUSED = BAD_REQUESTS + parserStatuses.length;
/** Why a connection is closed before its first request: a limit is reached, or a trusted proxy sends no proper header. */
export const refusalReasons = ['limit', 'address_limit', 'proxy_header'] as const;
/** A histogram for each method and status. */
const SERIES = REFUSED + refusalReasons.length;
const SERIES_CELLS = histogramCells(buckets);
const ROW = SERIES + httpMethods.length * answerStatuses.length * SERIES_CELLS;

export type RefusalReason = (typeof refusalReasons)[number];

/** By status, so that the request path does not search. */
const statusPlaces = new Uint8Array(600);
for (const [place, status] of answerStatuses.entries()) statusPlaces[status] = place;

const seriesAt = (method: number, status: number): number =>
  SERIES + (method * answerStatuses.length + status) * SERIES_CELLS;

/** Allocates one row for each listener. */
export const allocateRequestStats = (listeners: number): SharedArrayBuffer =>
  new SharedArrayBuffer(listeners * ROW * 8);

/** The durations of answers of one method and status, in seconds. */
export interface AnswerSeries {
  readonly method: HttpMethod;
  readonly status: AnswerStatus;
  readonly durations: HistogramValue;
}

export class RequestStats {
  readonly #cells: Float64Array;

  constructor(memory: SharedArrayBuffer) {
    this.#cells = new Float64Array(memory);
  }

  /** Counts one answer of a listener. */
  observe(listener: number, method: string, status: AnswerStatus, durationMs: number): void {
    const at = listener * ROW + seriesAt(methodPlace(method), statusPlaces[status]!);
    observe(this.#cells, at, buckets, durationMs / 1000);
  }

  /** Counts a request of a listener that would have been traced, were it not for the limit on spans. */
  countLimited(listener: number): void {
    this.#cells[listener * ROW + LIMITED]! += 1;
  }

  /** Counts a request of a listener that never came to the handler. */
  countBadRequest(listener: number, status: ParserStatus): void {
    this.#cells[listener * ROW + BAD_REQUESTS + parserStatuses.indexOf(status)]! += 1;
  }

  /** Counts connections of a listener that were closed before their first request. */
  countRefused(listener: number, reason: RefusalReason): void {
    this.#cells[listener * ROW + REFUSED + refusalReasons.indexOf(reason)]! += 1;
  }

  /** Connections of a listener were opened (1) or closed (-1). */
  addConnections(listener: number, change: number): void {
    this.#cells[listener * ROW + CONNECTIONS]! += change;
  }

  /** Answers of a listener were not taken at once (1), or have been taken or given up since (negative). */
  addWaiting(listener: number, change: number): void {
    this.#cells[listener * ROW + WAITING]! += change;
  }

  /** A listener has died, and all that its clients held with it. */
  forgetClients(listener: number): void {
    this.#cells[listener * ROW + CONNECTIONS] = 0;
    this.#cells[listener * ROW + WAITING] = 0;
  }

  /** Connections of clients that are open. */
  get connections(): number {
    return this.#total(CONNECTIONS);
  }

  /** Answers that their clients have not taken yet. */
  get waiting(): number {
    return this.#total(WAITING);
  }

  /** Such requests of all listeners. */
  get limited(): number {
    return this.#total(LIMITED);
  }

  /** Requests that never came to the handler, by the status of their answer. */
  badRequests(): { readonly status: ParserStatus; readonly count: number }[] {
    return parserStatuses.map((status, at) => ({ status, count: this.#total(BAD_REQUESTS + at) }));
  }

  /** Connections that were closed before their first request. */
  refused(): { readonly reason: RefusalReason; readonly count: number }[] {
    return refusalReasons.map((reason, at) => ({ reason, count: this.#total(REFUSED + at) }));
  }

  /** Every method and status that occurred, over all listeners. */
  series(): AnswerSeries[] {
    return httpMethods.flatMap((method, methodAt) =>
      answerStatuses
        .map((status, statusAt) => {
          const durations = readHistogram(this.#cells, seriesAt(methodAt, statusAt), buckets, ROW);
          return { method, status, durations };
        })
        .filter(({ durations }) => countOf(durations) > 0),
    );
  }

  /** Answers by status; statuses that never occurred are left out. */
  byStatus(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { status, durations } of this.series())
      counts[status] = (counts[status] ?? 0) + countOf(durations);
    return counts;
  }

  #total(cell: number): number {
    let total = 0;
    for (let index = cell; index < this.#cells.length; index += ROW) total += this.#cells[index]!;
    return total;
  }
}
