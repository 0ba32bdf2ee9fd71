import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ms, tenths, whole } from '../../loadtest/format.ts';
import { reportPage } from '../../loadtest/html/page.ts';
import type { LoadtestReport } from '../../loadtest/report.ts';
import { bin, cleanEnvironment } from '../support/bin.ts';
import { launchChromium } from '../support/chromium.ts';
import { realPart } from '../support/real-parts.ts';

describe('the page of a load test, in a browser', { skip: await realPart('chromium') }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'redirector-page-'));
  after(() => rmSync(folder, { recursive: true }));

  test('shows the figures of the run, light and dark, on a phone, and asks nobody for anything', async () => {
    const path = join(folder, 'report.html');
    const flags = ['--rps', '100', '--duration', '2', '--warmup', '1', '--report', path, '--json'];
    const output = await new Promise<string>((resolve) => {
      // Exit code 1 is a verdict, and on a busy machine a true one.
      execFile(process.execPath, [bin, 'loadtest', ...flags], { env: cleanEnvironment() }, (_error, stdout) =>
        resolve(stdout),
      );
    });
    const report = JSON.parse(output) as LoadtestReport;
    assert.deepEqual([report.sent, report.answered, report.measured], [300, 300, 200]);
    assert.equal(report.warmupSeconds, 1);

    await using browser = await launchChromium();
    const page = await browser.newPage();
    const troubles: string[] = [];
    page.on('console', (message) => troubles.push(message.text()));
    page.on('pageerror', (error) => troubles.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith('file:')) troubles.push(request.url());
    });
    await page.goto(pathToFileURL(path).href);
    const field = (name: string) => page.locator(`[data-field="${name}"]`).innerText();
    assert.equal(await field('verdict'), report.verdict);
    assert.equal(await field('achievedRps'), tenths(report.achievedRps));
    assert.equal(await field('answered'), whole(report.answered));
    assert.equal(await field('latencyMs.p99'), ms(report.latencyMs.p99));
    assert.equal(await field('latencyMs.max'), ms(report.latencyMs.max));
    assert.equal(await field('reconciled'), 'yes');

    const counts = await page
      .locator('[data-node]')
      .evaluateAll((nodes) =>
        nodes.map((node) => [node.getAttribute('data-node'), Number(node.getAttribute('data-count'))]),
      );
    assert.deepEqual(counts, [
      ['sent', 300],
      ['answered', 300],
      ['offered to the log', 300],
      ['in the spool', 300],
      ['found in the spool', 300],
    ]);
    assert.equal(await page.locator('figure > svg[role="img"][aria-label]').count(), 6);
    const lines = await page
      .locator('figure > svg > polyline')
      .evaluateAll(
        (all) =>
          all.filter((line) => (line as unknown as { points: { length: number } }).points.length > 0).length,
      );
    assert.ok(lines >= 8, `${lines} lines are drawn`);
    assert.deepEqual(JSON.parse(await page.locator('#report').innerText()), report);

    const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await background();
    await page.emulateMedia({ colorScheme: 'dark' });
    assert.notEqual(await background(), light);
    await page.setViewportSize({ width: 320, height: 640 });
    assert.ok(await page.evaluate('document.documentElement.scrollWidth <= 320'), 'it scrolls sideways');
    assert.deepEqual(troubles, []);

    // What a server or a user has named is text, whatever it is.
    const hostile = '<img src=x onerror=alert(1)></script><script>alert(2)</script>';
    const evil = join(folder, 'evil.html');
    writeFileSync(evil, reportPage({ ...report, url: hostile, reasons: [hostile], notes: [hostile] }));
    await page.goto(pathToFileURL(evil).href);
    assert.equal(await page.locator('img, script:not([type="application/json"])').count(), 0);
    assert.ok((await page.locator('main').innerText()).includes(hostile));
    assert.deepEqual(troubles, []);
    assert.ok(!readFileSync(path, 'utf8').includes('http://www'), 'nothing of elsewhere is named');
  });
});
