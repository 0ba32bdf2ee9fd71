/** What telemetry counts of its own export. */
export const ownStats = {
  /** Log records that the collector has taken. */
  logsExported: 0,
  /** Log records that could not be sent. */
  logsFailed: 0,
};
