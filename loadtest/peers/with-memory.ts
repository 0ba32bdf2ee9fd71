/** Redirector measured for what it takes of a machine beside CPU per request. */
import { setTimeout as sleep } from 'node:timers/promises';
import { kcatConsume } from '../../test/support/kcat.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { BROWSER } from '../bench/browser.ts';
import { memoryBoundMiB } from '../bench/memory.ts';
import { treeCpuMicros, treeRssBytes } from '../bench/proc.ts';
import type { Peer, PeerOptions, RunningPeer } from './peer.ts';

const MIB = 2 ** 20;
const IDLE_SECONDS = 30;
/** After the start, until nothing of it is left to be done. */
const CALM_MS = 3_000;

/**
 * Tells of each start how long it took to the first answer, and after the load what memory is resident, how much of that is the queue's,
 * the rest, and how much may be. With `idle` also what it uses before the load.
 */
export const withMemory = (peer: Peer, { idle = false, listeners = 1 } = {}): Peer => ({
  ...peer,
  async start(options) {
    const begun = performance.now();
    const running = await peer.start(options);
    try {
      await (
        await fetch(`${running.url}summer?utm_source=newsletter`, { headers: BROWSER, redirect: 'manual' })
      ).arrayBuffer();
      const startMs = performance.now() - begun;
      const whileIdle = idle ? await idleFigures(running, options) : {};
      return {
        ...running,
        figures: async () => {
          const rssMiB = treeRssBytes(running.pid) / MIB;
          const queueMiB = (await mostQueued(running)) / MIB;
          const boundMiB = memoryBoundMiB(listeners, queueMiB);
          return { startMs, rssMiB, queueMiB, restMiB: rssMiB - queueMiB, boundMiB, ...whileIdle };
        },
      };
    } catch (error) {
      await running.stop().catch(() => {});
      throw error;
    }
  },
});

async function idleFigures({ pid }: RunningPeer, { brokers, topic }: PeerOptions) {
  const [record] = await waitFor('the first record', () => kcatConsume([...brokers], topic), {
    until: (records) => records.length > 0,
  });
  await sleep(CALM_MS);
  const before = treeCpuMicros(pid);
  await sleep(IDLE_SECONDS * 1_000);
  const idleCpuPercent = (treeCpuMicros(pid) - before) / IDLE_SECONDS / 1e4;
  return { idleRssMiB: treeRssBytes(pid) / MIB, idleCpuPercent, recordBytes: record!.value!.length };
}

async function mostQueued({ adminUrl }: RunningPeer): Promise<number> {
  const stats = (await (await fetch(`${adminUrl}/api/v1/stats`)).json()) as {
    queue: { highWaterBytes: number };
  };
  return stats.queue.highWaterBytes;
}
