/** Monotonic milliseconds on one scale for all threads (performance.now() starts anew in each worker). */
const [seconds, nanos] = process.hrtime();
const offset = seconds * 1e3 + nanos / 1e6 - performance.now();

export const monotonicMs = (): number => performance.now() + offset;
