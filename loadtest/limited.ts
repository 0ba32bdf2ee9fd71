/** Tells when the load generator, not the server, was what could not keep up. */

/** Of one core: above it there is no room left to be on time. */
const BUSY_CORES = 0.9;
/**
 * Lateness of our own at the 99th percentile. Loose on purpose: on a small machine the kernel gives the server and the
 * broker their turns too, and what it cost stands in the report (spacingErrorMs) whatever it was.
 */
const LATE_MS = 50;

/** CPU time of this process, in cores, since it was made. */
export class CpuMeter {
  readonly #cpu = process.cpuUsage();
  readonly #since = performance.now();

  cores(): number {
    const { user, system } = process.cpuUsage(this.#cpu);
    return (user + system) / 1000 / Math.max(1, performance.now() - this.#since);
  }
}

export interface GeneratorLoad {
  readonly cores: number;
  /** Of sending though a connection was free. */
  readonly spacingP99Ms: number;
  readonly lagP99Ms: number;
  /** The whole schedule was sent and answered at the rate asked for. */
  readonly keptUp: boolean;
}

/** Why the generator was the limit, as a clause; null when it was not. */
export function limitOf(load: GeneratorLoad): string | null {
  const { cores, spacingP99Ms, lagP99Ms, keptUp } = load;
  if (spacingP99Ms > LATE_MS) {
    return `1 % of the requests were sent more than ${spacingP99Ms.toFixed(0)} ms late although a connection was free`;
  }
  if (keptUp) return null;
  if (cores > BUSY_CORES) return `it used ${cores.toFixed(2)} of the one core that it can use`;
  if (lagP99Ms > LATE_MS) return `its event loop was ${lagP99Ms.toFixed(0)} ms behind for 1 % of the time`;
  return null;
}
