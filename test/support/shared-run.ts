/** How a test file asks the process that runs the whole test run, when there is one (`--test-global-setup`). */
import { request } from 'node:http';

/**
 * Set by global-setup.ts in the environment of all test files: where the run answers. It must not begin with REDIRECTOR_, as servers
 * that tests start inherit it and would take it for an option.
 */
export const RUN_VARIABLE = 'TEST_RUN_OF_REDIRECTOR';

export function isSharedRun(): boolean {
  return process.env[RUN_VARIABLE] !== undefined;
}

/**
 * GETs a path from the run and resolves with its JSON answer. Throws the run's error. There is no time-out: the answer may wait for
 * a build. (That is why this is not `fetch`, which gives up after five minutes.)
 */
export async function askRun<T>(path: string): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  request(`${process.env[RUN_VARIABLE]}${path}`, { agent: false }, async (response) => {
    try {
      const text = Buffer.concat(await response.toArray()).toString('utf8');
      const answer = JSON.parse(text) as { value: T } | { error: string };
      if ('error' in answer) reject(new Error(answer.error));
      else resolve(answer.value);
    } catch (error) {
      reject(error);
    }
  })
    .on('error', reject)
    .end();
  return promise;
}
