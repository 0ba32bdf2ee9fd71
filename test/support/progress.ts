/** Writes one line for whoever is waiting. Standard error: standard output belongs to the test runner's report. */
export function say(line: string): void {
  process.stderr.write(`redirector: ${line}\n`);
}

/** Runs something long: says what it is, that it still goes on every 30 s, and how long it took. */
export async function withProgress<T>(what: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const seconds = () => `${Math.round((performance.now() - start) / 1000)} s`;
  say(`${what} ...`);
  const timer = setInterval(() => say(`${what}: ${seconds()} so far ...`), 30_000);
  try {
    const result = await work();
    say(`${what}: done in ${seconds()}`);
    return result;
  } finally {
    clearInterval(timer);
  }
}
