/** What telemetry counts of itself, in the supervisor. */
export interface OwnStats {
  /** Redirects that were traced. */
  tracesSampled: number;
  /** Lost batches that would have had a span, were it not for the limit. */
  batchesLimited: number;
  /** Spans whose batch's fate never came. */
  spansGivenUp: number;
  /** Spans lost before the exporter, as it did not keep up. */
  spansDropped: number;
  spansExported: number;
  spansFailed: number;
  pointsExported: number;
  pointsFailed: number;
  logsExported: number;
  logsFailed: number;
}

export const makeOwnStats = (): OwnStats => ({
  tracesSampled: 0,
  batchesLimited: 0,
  spansGivenUp: 0,
  spansDropped: 0,
  spansExported: 0,
  spansFailed: 0,
  pointsExported: 0,
  pointsFailed: 0,
  logsExported: 0,
  logsFailed: 0,
});
