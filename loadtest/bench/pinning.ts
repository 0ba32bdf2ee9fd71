import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';

/** Which core the server has for itself and which the load shares with everything else; or why there is none. */
export type Pinning = { server: number; load: number } | { server?: never; load?: never; why: string };

/** Reads a list of cores as the kernel writes it: `0-2,5` is 0, 1, 2, 5. */
export function parseCoreList(list: string): number[] {
  return list
    .trim()
    .split(',')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [first, last = first] = part.split('-').map(Number);
      return Array.from({ length: last! - first! + 1 }, (_, index) => first! + index);
    });
}

/** The first two cores that this process may use, where there are two and a `taskset` that works. */
export function choosePinning(): Pinning {
  let cores: number[];
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    cores = parseCoreList(/^Cpus_allowed_list:\s+(.*)$/m.exec(status)?.[1] ?? '');
    // Tried, not looked for: a container can have it and forbid it.
    execFileSync('taskset', ['-c', `${cores[0]}`, 'true'], { stdio: 'ignore' });
  } catch {
    return { why: 'taskset is missing or not allowed: server, load and Kafka share all cores' };
  }
  const [server, load] = cores;
  if (server === undefined || load === undefined) {
    return { why: 'there is only one core: server, load and Kafka share it' };
  }
  return { server, load };
}

/** Moves a running process with all its threads to one core; threads and children that it starts later follow. */
export function moveToCore(pid: number, core: number): void {
  execFileSync('taskset', ['-a', '-c', '-p', `${core}`, `${pid}`], { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Moves the bench itself off the server's core; all that it starts follows, unless it is pinned elsewhere. */
export function moveBenchTo(pinning: Pinning): void {
  if (pinning.load !== undefined) moveToCore(process.pid, pinning.load);
}
