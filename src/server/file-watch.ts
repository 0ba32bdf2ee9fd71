/** Watches files by looking at them, not by notices of the file system: those miss files that are replaced, as in a ConfigMap. */
import { unwatchFile, watchFile } from 'node:fs';

const LOOK_EVERY_MS = 1000;

/**
 * Calls `changed` when one of the files has another time of change or size than at the last look. Keeps no process alive.
 * @returns what ends the watch
 */
export function watchFiles(files: readonly (string | undefined)[], changed: () => void): () => void {
  const named = files.filter((file) => file !== undefined);
  for (const file of named) watchFile(file, { interval: LOOK_EVERY_MS }, changed).unref();
  return () => {
    for (const file of named) unwatchFile(file, changed);
  };
}
