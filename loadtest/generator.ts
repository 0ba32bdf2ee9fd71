/**
 * The generator process: a load generator that shared a process with anything else would measure that as well. Takes
 * its orders over IPC (generator-types.ts), never outlives its parent, and leaves Ctrl-C to it.
 */
import { prepareClosedLoop } from './closed-loop.ts';
import type { FromGenerator, GeneratorConfig, ToGenerator } from './generator-types.ts';
import { prepareOpenLoop } from './open-loop.ts';

const tell = (message: FromGenerator): void => {
  process.send!(message);
};

/** A code such as ECONNREFUSED, which says more than Node's message for several addresses. */
const shortReason = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
};

async function prepare(config: GeneratorConfig): Promise<void> {
  const { rps } = config;
  try {
    const loop = await (rps === 'max' ? prepareClosedLoop(config) : prepareOpenLoop({ ...config, rps }));
    process.once('message', async (message: ToGenerator) => {
      if (message.type !== 'go') return;
      const result = await loop.run((progress) => tell({ type: 'progress', progress }));
      tell({ type: 'result', result });
    });
    tell({ type: 'ready' });
  } catch (error) {
    tell({ type: 'unreachable', reason: shortReason(error) });
  }
}

process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
process.once('message', (message: ToGenerator) => {
  if (message.type === 'prepare') void prepare(message.config);
});
