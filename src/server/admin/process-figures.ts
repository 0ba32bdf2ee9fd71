/** What the system tells of this process. */
import { readdirSync } from 'node:fs';

export interface ProcessFigures {
  /** Seconds of CPU time, over all threads. */
  readonly user: number;
  readonly system: number;
  /** Bytes of resident memory. */
  readonly rss: number;
  readonly uptimeSeconds: number;
  /** Undefined where the system does not tell (other than Linux). */
  readonly fileDescriptors: number | undefined;
}

function countFileDescriptors(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length - 1; // one of them is the folder that is being read
  } catch {
    return undefined;
  }
}

/** Reads them now. */
export function processFigures(): ProcessFigures {
  const { user, system } = process.cpuUsage();
  return {
    user: user / 1e6,
    system: system / 1e6,
    rss: process.memoryUsage.rss(),
    uptimeSeconds: process.uptime(),
    fileDescriptors: countFileDescriptors(),
  };
}
