/** Files of Redirector beside this one, in a checkout (.ts, run as they are) and in the published package (.js). */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The path of loadtest's own module `name`, such as `generator`, to start a process with. */
export function siblingModule(name: string): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./${name}.${extension}`, import.meta.url));
}

/** The path of bin/redirector.js. */
export function redirectorBin(): string {
  const candidates = ['../bin/redirector.js', '../../bin/redirector.js'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  return candidates.find((path) => existsSync(path)) ?? candidates[0]!;
}
