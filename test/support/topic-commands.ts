/** Every command of `redirector topics`, one after another, on a topic that is not there yet. */
import assert from 'node:assert/strict';
import type { Run } from '../unit/run-redirector.ts';

/** Asserts that each does its work; `topics` runs one, with what its brokers ask for. The topic is gone afterwards. */
export async function assertTopicCommands(
  topics: (...args: string[]) => Promise<Run>,
  name: string,
): Promise<void> {
  const says = async (expected: RegExp, ...args: string[]): Promise<void> => {
    const { code, stdout, stderr } = await topics(...args);
    assert.deepEqual([code, stderr], [0, ''], args.join(' '));
    assert.match(stdout, expected, args.join(' '));
  };
  await says(/would be made: 2 partitions/, 'create', name, '--partitions', '2', '--dry-run');
  await says(/is made: 2 partitions/, 'create', name, '--partitions', '2');
  await says(new RegExp(`^${name} +2 +1$`, 'm'), 'list');
  await says(/retention\.ms is 1h/, 'alter', name, '--partitions', '3', '--retention', '1h');
  await says(
    /3 partitions, replication factor 1, 0 offsets\.[\s\S]*^retention\.ms +3600000 +topic$/m,
    'describe',
    name,
  );
  await says(/is deleted, with 0 offsets/, 'delete', name, '--yes');
}
