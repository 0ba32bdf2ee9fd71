/** What leaves the server as telemetry, in one table. Plain data, for every part of the program. */
export * from './log-names.ts';
export * from './metric-names.ts';
export * from './span-names.ts';
