/**
 * What the threads of the sinks count in shared memory, a row each: batches, requests and transactions. Rows have one
 * writing thread and belong to the process, so that its successor goes on counting.
 */
import { type HistogramValue, histogramCells, observe, readHistogram } from './histogram-cells.ts';
import { type HistogramKey, metrics } from './metric-names.ts';

/** The rows, by thread. */
export const sinkRow = { shipper: 0, spooler: 1 } as const;

export const batchOutcomes = ['delivered', 'spooled', 'dropped'] as const;
export type BatchOutcome = (typeof batchOutcomes)[number];

/** Why a request to a broker got no answer. */
export const requestErrors = ['timeout', 'credentials', 'connection'] as const;
export type RequestError = (typeof requestErrors)[number];

/** The counters, before the histograms. */
const RETRIES = 0;
const RECONNECTS = 1;
const COUNTERS = 2;

/** A histogram of a metric; more than one where it has an attribute. */
interface Series {
  readonly buckets: readonly number[];
  readonly at: number;
}

let end = COUNTERS;
function place(key: HistogramKey): Series {
  const { buckets } = metrics[key];
  const at = end;
  end += histogramCells(buckets);
  return { buckets, at };
}

const batchRecords = place('redirector.batch.records');
const batchSize = place('redirector.batch.size');
const delivery = batchOutcomes.map(() => place('redirector.batch.delivery.duration'));
const answered = place('messaging.client.operation.duration');
const unanswered = requestErrors.map(() => place('messaging.client.operation.duration'));
const spoolWrite = place('redirector.spool.write.duration');
const ROW = end;

/** Allocates a row for each thread. */
export const allocateSinkStats = (): SharedArrayBuffer =>
  new SharedArrayBuffer(Object.keys(sinkRow).length * ROW * 8);

/** What a sink and its thread count; all times are in ms. */
export class SinkStats {
  readonly #cells: Float64Array;
  readonly #row: number;

  /** @param row of the writing thread; readers may give any */
  constructor(memory: SharedArrayBuffer, row: number) {
    this.#cells = new Float64Array(memory);
    this.#row = row * ROW;
  }

  /** A sink has told the outcome of a batch. */
  batch(outcome: BatchOutcome, records: number, bytes: number, ageMs: number): void {
    this.#observe(batchRecords, records);
    this.#observe(batchSize, bytes);
    this.#observe(delivery[batchOutcomes.indexOf(outcome)]!, ageMs / 1000);
  }

  /** A Produce request has ended. @param error why there was no answer, or undefined */
  request(durationMs: number, error?: RequestError): void {
    const series = error === undefined ? answered : unanswered[requestErrors.indexOf(error)]!;
    this.#observe(series, durationMs / 1000);
  }

  /** A transaction of the spool has ended. */
  spoolWrite(durationMs: number): void {
    this.#observe(spoolWrite, durationMs / 1000);
  }

  /** A batch is sent once more. */
  retry(): void {
    this.#cells[this.#row + RETRIES]! += 1;
  }

  /** There is a connection to a broker again. */
  reconnect(): void {
    this.#cells[this.#row + RECONNECTS]! += 1;
  }

  /** All that was counted, over all threads; durations in seconds. */
  read(): SinkFigures {
    const total = (cell: number): number => {
      let sum = 0;
      for (let index = cell; index < this.#cells.length; index += ROW) sum += this.#cells[index]!;
      return sum;
    };
    const histogram = ({ at, buckets }: Series): HistogramValue =>
      readHistogram(this.#cells, at, buckets, ROW);
    return {
      retries: total(RETRIES),
      reconnects: total(RECONNECTS),
      batchRecords: histogram(batchRecords),
      batchSize: histogram(batchSize),
      delivery: batchOutcomes.map((outcome, index) => ({ outcome, durations: histogram(delivery[index]!) })),
      requests: [
        { error: undefined, durations: histogram(answered) },
        ...requestErrors.map((error, index) => ({ error, durations: histogram(unanswered[index]!) })),
      ],
      spoolWrite: histogram(spoolWrite),
    };
  }

  #observe({ at, buckets }: Series, value: number): void {
    observe(this.#cells, this.#row + at, buckets, value);
  }
}

export interface SinkFigures {
  readonly retries: number;
  readonly reconnects: number;
  readonly batchRecords: HistogramValue;
  readonly batchSize: HistogramValue;
  readonly delivery: readonly { readonly outcome: BatchOutcome; readonly durations: HistogramValue }[];
  readonly requests: readonly {
    /** Undefined: answered. */
    readonly error: RequestError | undefined;
    readonly durations: HistogramValue;
  }[];
  readonly spoolWrite: HistogramValue;
}
