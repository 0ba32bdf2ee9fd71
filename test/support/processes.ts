import { readFileSync } from 'node:fs';

/** Whether a process of that id runs (or is frozen). One that ended but was not yet collected by its parent does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return stateOf(pid) !== 'Z';
}

/** Linux's letter for the state of a process, e.g. T for frozen; undefined elsewhere, or when there is none. */
export function stateOf(pid: number): string | undefined {
  try {
    // "123 (name) S ...", and the name may hold anything.
    return /\) (\w)[^)]*$/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}
