import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createRedirector, RedirectorError } from '../../src/index.ts';
import type { OptionsGiven } from '../../src/options.ts';
import { freePort } from '../support/free-port.ts';
import { temporaryDirectory } from '../support/guarded.ts';
import { ask } from '../support/http-client.ts';

const directory = temporaryDirectory('interface');
const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
const handlers = () => signals.map((signal) => process.listenerCount(signal));

/** On free ports, with a spool of that name. */
const options = (spool: string, more: OptionsGiven = {}): OptionsGiven => ({
  target: 'https://example.com/',
  host: '127.0.0.1',
  port: 0,
  'admin.port': 0,
  'spool.path': join(directory, spool),
  'log.level': 'silent',
  ...more,
});
const failsWith = (code: string) => (error: unknown) =>
  error instanceof RedirectorError && error.code === code;

describe('createRedirector', () => {
  it('serves from start() to stop(), counts, and accounts for every record', async () => {
    const before = handlers();
    const redirector = createRedirector(options('one.db', { 'health.port': 0 }));
    const { url, port, adminUrl, healthPort } = await redirector.start();
    assert.deepEqual(handlers(), before);
    assert.equal(url, `http://127.0.0.1:${port}/`);
    assert.equal((await ask(`${url}a`)).headers.location, 'https://example.com/');
    assert.equal((await ask(`${adminUrl}readyz`)).status, 200);
    assert.equal((await ask(`http://127.0.0.1:${healthPort}/readyz`)).status, 200);
    assert.equal(redirector.stats().requests.total, 1);

    const report = await redirector.stop();
    assert.equal(report.ledger.offered, 1);
    assert.equal(report.ledger.spooled, 1);
    assert.deepEqual(await redirector.ended, report);
    assert.equal(redirector.stats().state, 'draining');
    await assert.rejects(ask(url));
  });

  it('runs several beside each other, each with books of its own', async () => {
    const both = ['two.db', 'three.db'].map((spool) => createRedirector(options(spool)));
    const [first, second] = await Promise.all(both.map((redirector) => redirector.start()));
    await ask(first!.url);
    await ask(second!.url);
    await ask(second!.url);
    const offered = (await Promise.all(both.map((one) => one.stop()))).map(({ ledger }) => ledger.offered);
    assert.deepEqual(offered, [1, 2]);
  });

  it('names every mistake in the options before anything starts', () => {
    assert.throws(
      () => createRedirector({ targt: 'https://example.com/', 'timeout.read': 5 } as OptionsGiven),
      (error: RedirectorError) => {
        assert.equal(error.code, 'CONFIG_INVALID');
        assert.match(
          error.message,
          /^targt is not an option \(given by the program\)\. Did you mean target\?$/m,
        );
        assert.match(error.message, /^timeout\.read: 5 is not a time with its unit/m);
        return true;
      },
    );
  });

  it('lets options win over variables, and reads none unless it is told to', async () => {
    const env = { REDIRECTOR_TARGET: 'https://example.org/', REDIRECTOR_STATUS: '307' };
    const { target: _, ...rest } = options('four.db');
    assert.throws(() => createRedirector(rest), failsWith('CONFIG_INVALID'));
    const redirector = createRedirector({ ...rest, status: 302 }, { env });
    const { url } = await redirector.start();
    const { status, headers } = await ask(url);
    assert.deepEqual([status, headers.location], [302, 'https://example.org/']);
    await redirector.stop();
  });

  it('refuses what cannot be: a spool in use, figures of what has not started', async () => {
    const owner = createRedirector(options('five.db'));
    assert.throws(() => owner.stats(), failsWith('NOT_RUNNING'));
    await assert.rejects(owner.stop(), failsWith('NOT_RUNNING'));
    assert.equal(owner.start(), owner.start());
    await owner.start();
    await assert.rejects(createRedirector(options('five.db')).start(), failsWith('SPOOL_LOCKED'));
    await owner.stop();
  });

  it('exports telemetry of one server in a process, and refuses a second', async (t) => {
    process.env.OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${await freePort()}`;
    t.after(() => delete process.env.OTEL_EXPORTER_OTLP_ENDPOINT);
    const first = createRedirector(options('six.db'));
    await first.start();
    await assert.rejects(createRedirector(options('seven.db')).start(), failsWith('TELEMETRY_TAKEN'));
    await first.stop();
  });
});
