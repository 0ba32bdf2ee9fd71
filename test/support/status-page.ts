/** The status page of a server in a real browser. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Where pictures for the documents go; by default none are made. */
const pictures = process.env.PAGE_PICTURES;

export interface StatusPage {
  readonly page: Page;
  /** What the browser had to complain about, and requests that went elsewhere. */
  readonly complaints: string[];
  /** Waits until the sentence on the server's state is like that. */
  says(sentence: RegExp): Promise<void>;
  /** What the page shows, by the path in a reading. */
  values(): Promise<Record<string, string>>;
  /** Waits until a value is shown. */
  shows(path: string, value: number | string): Promise<void>;
  /** Serious violations of the accessibility rules. */
  violations(): Promise<string[]>;
  /** How far the page is wider than the window. */
  overflow(): Promise<number>;
  /** Makes a picture for the documents, where they are asked for; `width` is that of the window. */
  picture(name: string, width?: number): Promise<void>;
}

const PATIENCE_MS = 30_000;
const WINDOW = { width: 1100, height: 900 };
/** The next reading, which is drawn to the width of the window, comes within that time. */
const REDRAWN_MS = 1500;

/** Opens it. */
export async function openStatusPage(browser: Browser, url: string): Promise<StatusPage> {
  const page = await browser.newPage({ viewport: WINDOW });
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) complaints.push(`a request to ${request.url()}`);
  });
  await page.goto(url);
  const values = (): Promise<Record<string, string>> =>
    page.evaluate(`Object.fromEntries([...document.querySelectorAll('[data-show]')]
      .map(({ dataset }) => [dataset.show, dataset.value ?? '']))`);
  return {
    page,
    complaints,
    values,
    async says(sentence) {
      await page.locator('#state', { hasText: sentence }).waitFor({ timeout: PATIENCE_MS });
    },
    async shows(path, value) {
      await page
        .locator(`[data-show="${path}"][data-value="${value}"]`)
        .first()
        .waitFor({ timeout: PATIENCE_MS });
    },
    async violations() {
      await page.evaluate(axe);
      const { violations } = (await page.evaluate('axe.run()')) as AxeResults;
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
    },
    overflow: () => page.evaluate('document.documentElement.scrollWidth - innerWidth'),
    async picture(name, width = WINDOW.width) {
      if (pictures === undefined) return;
      await page.evaluate('document.activeElement?.blur()');
      await page.setViewportSize({ ...WINDOW, width });
      await new Promise((resolve) => setTimeout(resolve, REDRAWN_MS));
      await page.screenshot({ path: join(pictures, `page-${name}.png`), fullPage: true });
      await page.setViewportSize(WINDOW);
    },
  };
}

/** Asserts that it can be used by everyone: in light and dark, and on a phone. */
export async function assertAccessible({ page, violations, overflow }: StatusPage): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await violations(), [], colorScheme);
  }
  await page.emulateMedia({ colorScheme: 'light' });
  const wide = page.viewportSize()!;
  await page.setViewportSize({ width: 320, height: 640 });
  assert.equal(await overflow(), 0);
  assert.deepEqual(await violations(), [], 'on a phone');
  await page.setViewportSize(wide);
}
