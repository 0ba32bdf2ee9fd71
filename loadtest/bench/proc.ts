import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** What `/proc/<pid>/stat` says of one process, all its threads together. */
export interface ProcStat {
  pid: number;
  parentPid: number;
  /** Clock ticks in user and system mode, of the threads that have ended too and of children that were waited for. */
  cpuTicks: number;
}

/**
 * Reads one line of `/proc/<pid>/stat`. The name in parentheses may itself hold spaces and parentheses, so fields
 * count from its last one. Throws when it is no such line.
 */
export function parseProcStat(line: string): ProcStat {
  const nameEnd = line.lastIndexOf(')');
  const fields = line.slice(nameEnd + 2).split(' ');
  const pid = Number.parseInt(line, 10);
  // Field 3 (state) is fields[0]: ppid is field 4, utime to cstime are fields 14 to 17.
  const parentPid = Number(fields[1]);
  const cpuTicks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  if (nameEnd < 0 || fields.length < 15 || Number.isNaN(pid + parentPid + cpuTicks)) {
    throw new Error(`not a line of /proc/<pid>/stat: ${line.slice(0, 80)}`);
  }
  return { pid, parentPid, cpuTicks };
}

/** Resident memory in `/proc/<pid>/status` in bytes: now, or the most there was; 0 when it has none, as a zombie has. */
export function parseRss(status: string, which: 'VmRSS' | 'VmHWM'): number {
  return Number(new RegExp(`^${which}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) * 1024;
}

/** The members of the tree under `root`, itself included. Empty when `root` is not among them. */
export function processTree(root: number, all: readonly ProcStat[]): ProcStat[] {
  const own = all.filter((stat) => stat.pid === root);
  const children = all.filter((stat) => stat.parentPid === root && stat.pid !== root);
  return own.length === 0 ? [] : [...own, ...children.flatMap((child) => processTree(child.pid, all))];
}

/** CPU time that a process tree has used so far, in microseconds, in steps of one clock tick (10 ms as a rule). */
export function treeCpuMicros(root: number): number {
  const tree = processTree(root, readAllStats());
  if (tree.length === 0) throw new Error(`process ${root} is gone`);
  ticksPerSecond ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  return (tree.reduce((sum, stat) => sum + stat.cpuTicks, 0) * 1e6) / ticksPerSecond;
}

/** The sum of the peaks of a process tree, in bytes: with more than one process an upper bound of the tree's peak. */
export const treePeakRssBytes = (root: number): number => sumOfRss(root, 'VmHWM');

/** Memory of a process tree that is resident now, in bytes; pages that processes share count for each. */
export const treeRssBytes = (root: number): number => sumOfRss(root, 'VmRSS');

function sumOfRss(root: number, which: 'VmRSS' | 'VmHWM'): number {
  const tree = processTree(root, readAllStats());
  return tree.reduce((sum, { pid }) => sum + parseRss(readProc(pid, 'status') ?? '', which), 0);
}

let ticksPerSecond: number | undefined;

function readAllStats(): ProcStat[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids
    .map((pid) => readProc(Number(pid), 'stat'))
    .filter((line) => line !== undefined)
    .map(parseProcStat);
}

/** Undefined for a process that has ended since it was listed. */
function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}
