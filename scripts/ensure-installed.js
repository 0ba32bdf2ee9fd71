// Runs before `npm start` and `npm test`, on any Node: installs the locked dependencies when they are missing or out
// of date, so that both commands work on a fresh clone with nothing else typed.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const lock = `${root}package-lock.json`;
const installed = `${root}node_modules/.redirector-installed-lock.json`;

const upToDate = existsSync(installed) && readFileSync(installed).equals(readFileSync(lock));
if (!upToDate) {
  process.stderr.write('redirector: installing the locked dependencies (once; about half a minute) ...\n');
  try {
    execFileSync('npm', ['ci', '--loglevel=error'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
    copyFileSync(lock, installed);
  } catch {
    process.stderr.write('redirector: "npm ci" failed (see above); it needs the npm registry once.\n');
    process.exit(3);
  }
}
