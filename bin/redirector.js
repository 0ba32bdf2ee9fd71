#!/usr/bin/env node
// Runs on any Node, however old: finds one that can run Redirector, or says what to install.
// A checkout runs src/ (Node strips the types); a published package has dist/ and no src/.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const REQUIRED = [24, 12];
const root = fileURLToPath(new URL('..', import.meta.url));
const main = existsSync(`${root}src/cli/main.ts`) ? `${root}src/cli/main.ts` : `${root}dist/src/cli/main.js`;

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > REQUIRED[0] || (major === REQUIRED[0] && minor >= REQUIRED[1]);
}

/** The `node` that the lockfile pins (npm's `node` package), or undefined when it is not installed. */
function pinnedNode() {
  try {
    return createRequire(import.meta.url).resolve('node/bin/node');
  } catch {
    return undefined;
  }
}

const tooOld = () => {
  process.stderr.write(
    `redirector: Node ${process.versions.node} is too old: Node >= ${REQUIRED.join('.')} is needed.\n` +
      'In a checkout, run "npm install" once: it brings the right Node with it. Elsewhere, install Node from https://nodejs.org/.\n',
  );
  process.exitCode = 2;
};

if (isNewEnough(process.versions.node)) {
  await import(pathToFileURL(main).href);
} else {
  const node = pinnedNode();
  if (node === undefined) {
    tooOld();
  } else {
    const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
    // A terminal sends SIGINT to the child as well; forwarding it would be the second signal, which hurries the drain.
    process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.on('exit', (code) => {
      process.exitCode = code ?? 1;
    });
  }
}
