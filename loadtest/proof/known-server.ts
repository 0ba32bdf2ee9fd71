/** The parent's side of known-server-process.ts. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { guardChild } from '../children.ts';
import { siblingModule } from '../package-root.ts';
import type { KnownServer } from './ideal.ts';

export type ToKnownServer =
  | { readonly type: 'begin'; readonly server: KnownServer }
  | { readonly type: 'report' };
export type FromKnownServer =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'begun' }
  | { readonly type: 'arrivals'; readonly arrivals: readonly number[] };

export interface RunningKnownServer {
  readonly url: string;
  /** From the next request on it is this one. */
  become(server: KnownServer): Promise<void>;
  /** When each request since then came, in ms of a clock of the server's. */
  arrivals(): Promise<readonly number[]>;
  stop(): void;
}

export async function startKnownServer(): Promise<RunningKnownServer> {
  const child = fork(siblingModule('proof/known-server-process'), {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, NODE_OPTIONS: '' },
    serialization: 'advanced',
  });
  guardChild(child);
  const next = async (): Promise<FromKnownServer> => (await once(child, 'message'))[0] as FromKnownServer;
  const first = await next();
  if (first.type !== 'listening') throw new Error(`the server said ${first.type} first`);
  const tell = (message: ToKnownServer): void => {
    child.send(message);
  };
  return {
    url: `http://127.0.0.1:${first.port}/`,
    async become(server) {
      const begun = next();
      tell({ type: 'begin', server });
      await begun;
    },
    async arrivals() {
      const answer = next();
      tell({ type: 'report' });
      const message = await answer;
      return message.type === 'arrivals' ? message.arrivals : [];
    },
    stop: () => child.kill('SIGKILL'),
  };
}
