/** The parent's side of the generator process (generator.ts). */
import { type ChildProcess, fork } from 'node:child_process';
import { userError } from '../src/errors.ts';
import type {
  FromGenerator,
  GeneratorConfig,
  GeneratorResult,
  Progress,
  ToGenerator,
} from './generator-types.ts';
import { siblingModule } from './package-root.ts';

/** A generator whose target was reached; it has sent nothing yet. */
export interface Generator {
  /**
   * Sends the requests and resolves when all answers are in or given up. Call it once.
   * @throws RedirectorError BUG when the process ends before it is through.
   */
  run(onProgress: (progress: Progress) => void): Promise<GeneratorResult>;
  /** Ends the process, at whatever it is. May be called twice. */
  stop(): void;
}

/**
 * Starts a generator process and lets it connect to its target.
 * @throws RedirectorError SERVER_UNREACHABLE when the target cannot be connected to.
 */
export async function startGenerator(config: GeneratorConfig): Promise<Generator> {
  const child = fork(siblingModule('generator'), {
    execArgv: [],
    // Standard output is the parent's data: nothing of the child's may come into it.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const stop = (): void => {
    child.kill('SIGKILL');
  };
  try {
    const inbox = messagesOf(child);
    tell(child, { type: 'prepare', config });
    const first = await inbox.next(['ready', 'unreachable']);
    if (first.type === 'unreachable') {
      throw userError('SERVER_UNREACHABLE', { url: config.url, reason: first.reason });
    }
    return {
      stop,
      async run(onProgress) {
        tell(child, { type: 'go' });
        for (;;) {
          const message = await inbox.next(['progress', 'result']);
          if (message.type === 'progress') onProgress(message.progress);
          if (message.type !== 'result') continue;
          child.disconnect();
          return message.result;
        }
      },
    };
  } catch (error) {
    stop();
    throw error;
  }
}

const tell = (child: ChildProcess, message: ToGenerator): void => {
  child.send(message);
};

/** The child's messages, one at a time; an end of the process comes after all of them. */
function messagesOf(child: ChildProcess) {
  const waiting: FromGenerator[] = [];
  let ended: Error | undefined;
  let wake: () => void = () => {};
  child.on('message', (message: FromGenerator) => {
    waiting.push(message);
    wake();
  });
  const end = (reason: string): void => {
    ended ??= userError('BUG', { reason: `the load generator ended before its time (${reason})` });
    wake();
  };
  child.on('error', (error) => end(error.message));
  child.on('exit', (code, signal) => end(signal ?? `exit code ${code}`));

  return {
    async next(types: readonly FromGenerator['type'][]): Promise<FromGenerator> {
      for (;;) {
        const message = waiting.shift();
        if (message !== undefined && types.includes(message.type)) return message;
        if (message !== undefined) continue;
        if (ended !== undefined) throw ended;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
