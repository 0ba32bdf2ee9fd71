/** Checks of the machine: Node, CPUs, memory, file descriptors. */
import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { listenerCount } from '../../capacity.ts';
import { size } from '../../option-types.ts';
import { version } from '../../version.ts';
import { type Check, ok, skipped, warning } from './finding.ts';

const node: Check = {
  name: 'node',
  // bin/redirector.js lets no older Node come so far.
  run: () =>
    ok(`Redirector ${version()} on Node ${process.versions.node}, ${process.platform} ${process.arch}.`),
};

const cpus: Check = {
  name: 'cpus',
  run({ config }) {
    const available = availableParallelism();
    const listeners = listenerCount(config);
    const found = `CPUs that may be used: ${available}; listener threads: ${listeners}.`;
    if (listeners <= available) return ok(found);
    return warning(found, 'Listeners that share a CPU only take turns: give fewer, or listeners: auto.');
  },
};

/** What a server takes beside the queue, in bytes: Node and a heap for each thread, with some room. */
const BESIDE_QUEUE = 200 * 2 ** 20;

const memory: Check = {
  name: 'memory',
  run({ config }) {
    // 0, or more than there is, where the process has no limit of its own.
    const limit = Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem());
    const needed = config['queue.maxBytes'] + BESIDE_QUEUE;
    const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
    const found = `${mebibytes(limit)} may be used, and a full queue of ${size.show(config['queue.maxBytes'])} needs about ${mebibytes(needed)}.`;
    if (needed <= limit) return ok(found);
    return warning(found, 'Raise the limit on memory, or lower queue.maxBytes.');
  },
};

/** Connections that a server should be able to hold. */
const SENSIBLE_CONNECTIONS = 4000;

const descriptors: Check = {
  name: 'file descriptors',
  run() {
    let limits: string;
    try {
      limits = readFileSync('/proc/self/limits', 'utf8');
    } catch {
      return skipped('The limit can be read on Linux only.');
    }
    // Node has raised it to the hard limit at its start, as a server does.
    const limit = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1] ?? 'unlimited';
    const found = `The limit is ${limit}; each connection takes one.`;
    if (limit === 'unlimited' || Number(limit) >= SENSIBLE_CONNECTIONS) return ok(found);
    return warning(found, `Raise it (ulimit -n, LimitNOFILE=) to ${SENSIBLE_CONNECTIONS} or more.`);
  },
};

export const machineChecks: readonly Check[] = [node, cpus, memory, descriptors];
