/** Checks the spool, where the server would use one: folder, lock, file, room on the disk. */
import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { reasonOf, userError } from '../../errors.ts';
import { size } from '../../option-types.ts';
import { isSpoolLocked } from '../../server/sink/spool-file.ts';
import { SpoolReader } from '../../server/sink/spool-reader.ts';
import { type Check, type Finding, failedBy, ok, skipped, warning } from './finding.ts';
import { serverRuns } from './ports.ts';

/** Bytes of records in it. @throws RedirectorError SPOOL_UNUSABLE */
function usedBytes(path: string): number {
  try {
    accessSync(dirname(path), constants.W_OK);
    if (!existsSync(path)) return 0;
    accessSync(path, constants.W_OK);
  } catch (error) {
    throw userError('SPOOL_UNUSABLE', { path, reason: reasonOf(error) });
  }
  const reader = new SpoolReader(path);
  try {
    return reader.level().bytes;
  } finally {
    reader.close();
  }
}

function room(path: string, maxBytes: number, used: number): Finding {
  const { bavail, bsize } = statfsSync(dirname(path));
  const needed = Math.max(0, maxBytes - used);
  const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  const found = `The disk of the spool has ${gibibytes(bavail * bsize)} free; up to ${gibibytes(needed)} more can come.`;
  if (bavail * bsize > needed) return ok(found);
  return warning(found, `Make room, or lower spool.maxBytes (${size.show(maxBytes)}).`);
}

export const spool: Check = {
  name: 'spool',
  async run({ config }) {
    const path = config['spool.path'];
    const wanted = config.sink === 'spool' || config['queue.overflow'] === 'spool';
    if (!wanted && !existsSync(path)) return skipped('None is used with these options.');
    try {
      const used = usedBytes(path);
      const findings = [ok(`The spool "${path}" can be used.`), room(path, config['spool.maxBytes'], used)];
      if (!isSpoolLocked(path)) return findings;
      const locked = failedBy(userError('SPOOL_LOCKED', { path }));
      return [...findings, (await serverRuns(config)) ? { ...locked, outcome: 'warning' } : locked];
    } catch (error) {
      return failedBy(error);
    }
  },
};
