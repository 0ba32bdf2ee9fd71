/** A real browser for pages: Debian's Chromium, without a window, driven by playwright-core. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

/** Where the browser is installed; the tests that use it ask realPart('chromium') first. */
function chromiumPath(): string {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, 'chromium');
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // It may be in another folder.
    }
  }
  throw new Error('chromium is not on the PATH');
}

/** Starts a browser, which ends with this process at the latest: it reads commands from a pipe of ours. */
export const launchChromium = (): Promise<Browser> =>
  // Root, as in CI's container, cannot have the sandbox; the pages are our own. /dev/shm is small in containers.
  chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox', '--disable-dev-shm-usage'] });
