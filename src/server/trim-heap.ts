/** What a start leaves behind in the heap of its thread: half of it, for which V8 would wait until there is a need of room. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Gives it back to the system. Holds the thread up for some 30 ms: not for one that answers. */
export async function trimHeap(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as NodeJS.GCFunction;
  setFlagsFromString('--no-expose-gc');
  await collect({ execution: 'async', flavor: 'last-resort', type: 'major' });
}
