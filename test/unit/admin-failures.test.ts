import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import express from 'express';
import { type AdminSource, adminApp, healthApp } from '../../src/server/admin/app.ts';
import { LiveStream } from '../../src/server/admin/live-stream.ts';
import { RecentEvents } from '../../src/server/admin/recent-events.ts';
import type { AnyLogFields } from '../../src/telemetry/log-line.ts';
import { ask } from '../support/http-client.ts';

describe('a request to the admin API that fails', () => {
  const told: { event: string; fields: AnyLogFields }[] = [];
  const fail = (): never => {
    throw new Error('the ledger is gone');
  };
  const events = new RecentEvents();
  const source: AdminSource = {
    token: undefined,
    log: (event, ...fields) => void told.push({ event, fields: fields[0] ?? {} }),
    stats: fail,
    unreadyReason: () => undefined,
    metrics: fail,
    events,
    live: new LiveStream({ events, stats: fail, history: { samples: [], onSample: () => {} } }),
  };
  const servers = [adminApp(express, source), healthApp(express, source, true)].map((app) =>
    createServer(app),
  );
  let urls: string[];

  before(async () => {
    for (const server of servers)
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    urls = servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  after(() => {
    for (const server of servers) server.close();
  });

  it('is answered without the error, which the log has', async () => {
    const [admin, health] = urls;
    for (const url of [
      `${admin}/api/v1/stats`,
      `${admin}/metrics`,
      `${health}/metrics`,
      `${health}/readyz?sink=1`,
    ]) {
      told.length = 0;
      const { status, body } = await ask(url);
      assert.deepEqual([status, body], [500, 'This failed; the log says why.\n'], url);
      assert.equal(told.length, 1);
      const { event, fields } = told[0]!;
      assert.equal(event, 'redirector.admin.request_failed');
      assert.equal(fields['exception.message'], 'the ledger is gone');
      assert.match(String(fields['exception.stacktrace']), /admin-failures\.test/);
      assert.deepEqual(
        [fields['http.request.method'], fields['url.path'], fields['http.response.status_code']],
        ['GET', new URL(url).pathname, 500],
      );
    }
  });
});
