import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import type { Stats } from '../../src/server/admin/stats.ts';
import { launchChromium } from '../support/chromium.ts';
import { click } from '../support/clicks.ts';
import { ask } from '../support/http-client.ts';
import { type KafkaCluster, startKafka } from '../support/kafka.ts';
import { type ServingServer, serve } from '../support/kafka-server.ts';
import { realPart } from '../support/real-parts.ts';
import { assertAccessible, openStatusPage, type StatusPage } from '../support/status-page.ts';
import { startLoad } from '../support/steady-load.ts';
import { createTopic } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';

/** What changes by itself, from one look to the next. */
const RESTLESS = /uptimeSeconds|ghWater|secondsUntilFull|ackMs|maxRecordsPerSecond/;

const at = (stats: Stats, path: string): unknown =>
  path
    .split('.')
    .reduce((part, name) => (part as Record<string, unknown> | undefined)?.[name], { stats } as unknown);

describe('the status page', { skip: await realPart('chromium', 'kafka') }, () => {
  let kafka: KafkaCluster;
  let server: ServingServer;
  let browser: Browser;
  let view: StatusPage;
  before(async () => {
    browser = await launchChromium();
    kafka = await startKafka();
    const topic = await createTopic(kafka.brokers, { name: 'clicks', partitions: 6 });
    server = await serve({
      brokers: kafka.brokers.join(),
      topic,
      'queue.maxBytes': '1MiB',
      'shutdown.deadline': '8s',
    });
    await server.connected();
    view = await openStatusPage(browser, server.adminUrl);
  });
  after(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
    await kafka?.stop();
  });

  it('says that all is well, to everyone: in light and dark, on a phone, and to who cannot see it', async () => {
    await view.says(/^Serving: Kafka takes records\.$/);
    await assertAccessible(view);
    await view.picture('fresh');
    const rows = await view.page.locator('#partitions tr').allInnerTexts();
    assert.deepEqual(
      rows.map((row) => row.split(/\s+/).join(' ')),
      ['ready broker 1 0–5'],
    );
  });

  it('can be gone through by keyboard, and begins with a way past the head', async () => {
    const { page } = view;
    await page.keyboard.press('Tab');
    assert.equal(await page.locator(':focus').innerText(), 'Skip to the figures');
    await page.keyboard.press('Enter');
    assert.equal(await page.locator(':focus').getAttribute('id'), 'now');
    await page.keyboard.press('Tab');
    assert.equal(await page.locator(':focus').innerText(), '/api/v1/stats');
  });

  it('shows what the API says, and a ledger whose numbers add up', async () => {
    for (let n = 0; n < 40; n++) await click(server.url, 25);
    await ask(server.url, { method: 'POST' });
    const stats = await server.quiet(1001);
    await view.shows('stats.ledger.delivered', 1001);
    await view.shows('stats.queue.bytes', 0);
    const values = await view.values();
    const shown = Object.entries(values).filter(
      ([path]) => path.startsWith('stats.') && !RESTLESS.test(path),
    );
    assert.ok(shown.length > 30, `${shown.length} values`);
    for (const [path, value] of shown) assert.equal(value, String(at(stats, path) ?? null), path);
    const statuses = await view.page.locator('#statuses tr').allInnerTexts();
    assert.deepEqual(
      statuses.map((row) => row.split(/\s+/)).map(([status, , total]) => [status, total]),
      [
        ['301', '1,000'],
        ['405', '1'],
      ],
    );
    const sum = await view.page.locator('#ledger-sum').innerText();
    const [left, right] = sum
      .replaceAll(',', '')
      .split('=')
      .map((side) => (side.match(/\d+/g) ?? []).map(Number));
    const total = (numbers: number[] | undefined) => numbers?.reduce((all, number) => all + number, 0);
    assert.deepEqual([total(left), total(right)], [1001, 1001]);
  });

  it('loads nothing from elsewhere, and lets nothing else run', async () => {
    const { page } = view;
    const ran = await page.evaluate(`(() => {
      const script = document.createElement('script');
      try { script.textContent = 'window.ran = true'; document.body.append(script); } catch {}
      return window.ran === true;
    })()`);
    assert.equal(ran, false);
    const [complaint, ...others] = view.complaints.splice(0);
    assert.match(complaint ?? '', /TrustedScript|Content Security Policy/);
    for (const other of others) assert.match(other, /TrustedScript|Content Security Policy/);
  });

  it('shows load as it comes', async () => {
    const load = startLoad(server.url, 300);
    await waitFor(
      'some seconds of it',
      async () => Number((await view.values())['stats.requests.total']) > 2000,
      {
        timeoutMs: 60_000,
      },
    );
    await view.picture('load');
    await view.picture('phone', 390);
    await load.stop();
    assert.ok(Number((await view.values())['now.p99']) > 0);
  });

  it('shows an outage within two seconds of the API, by the clock of the server', async () => {
    const load = startLoad(server.url, 300);
    await kafka.nodes[0]!.kill('SIGKILL');
    const { uptimeSeconds } = await server.waitForStats(
      'the outage',
      ({ sink }) => sink.state === 'degraded',
      60_000,
    );
    // Asked from outside: what polls within the page is what its policy forbids.
    const shownAt = await waitFor('the page to show it', () =>
      view.page.evaluate(
        `document.querySelector('#state').textContent.startsWith('Degraded: ') &&
          document.querySelector('[data-show="stats.uptimeSeconds"]').dataset.value`,
      ),
    );
    assert.ok(Number(shownAt) - uptimeSeconds < 2);
    await view.page.locator('#brokers [data-mood="bad"]', { hasText: 'failing' }).waitFor();
    await view.page.locator('#partitions [data-mood="bad"]', { hasText: 'leader failing' }).waitFor();
    await view.page.locator('#events', { hasText: 'Kafka is not taking records' }).waitFor();
    await waitFor('drops', async () => Number((await view.values())['now.dropped']) > 0, {
      timeoutMs: 120_000,
    });
    await view.picture('broker-down');
    await load.stop();
    await view.page.emulateMedia({ colorScheme: 'dark' });
    assert.deepEqual(await view.violations(), []);
    assert.deepEqual(view.complaints, []);
  });

  it('shows a drain, and the end', async () => {
    server.kill('SIGTERM');
    await view.says(/^Draining: /);
    await view.picture('draining');
    await server.exited();
    await view.says(/^The server has ended, as it was told to\./);
    assert.equal(await view.page.title(), 'ended · Redirector');
  });

  it('goes on by itself when there is a server again, and says when that is cut off', async () => {
    const { port } = new URL(server.adminUrl);
    server = await serve({ 'admin.port': port });
    await view.says(/^Serving: records go to the spool\.$/);
    server.kill('SIGSTOP');
    await view.says(/^The server does not answer\. The figures below are those of /);
    assert.deepEqual(await view.violations(), []);
    server.kill('SIGCONT');
    await view.says(/^Serving: /);
  });
});

describe('the status page of a server with a token', { skip: await realPart('chromium') }, () => {
  it('asks for it, and keeps it out of every address', async () => {
    await using server = await serve({ 'admin.token': 's3cret', 'admin.host': '0.0.0.0' });
    const browser = await launchChromium();
    try {
      const view = await openStatusPage(browser, server.adminUrl);
      const { page } = view;
      await view.says(/^The server asks for its token\.$/);
      assert.equal(await page.locator(':focus').getAttribute('id'), 'token');
      assert.deepEqual(await view.violations(), []);
      await page.keyboard.type('wrong');
      await page.keyboard.press('Enter');
      await page.getByText('That is not the token of this server.').waitFor();
      await page.keyboard.type('s3cret');
      await page.keyboard.press('Enter');
      await view.says(/^Serving: /);
      assert.equal(page.url(), `${server.adminUrl}/`);
      await page.reload();
      await view.says(/^Serving: /);
      assert.doesNotMatch(await page.content(), /s3cret/);
    } finally {
      await browser.close();
    }
  });
});
