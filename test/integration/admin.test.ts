import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { freePort, isPortFree } from '../support/free-port.ts';
import { ask } from '../support/http-client.ts';
import { parsePrometheus, sampleValue } from '../support/prometheus.ts';
import { type RunningServer, startServer } from '../support/server.ts';

const target = 'https://example.com/';

const DURATION = 'http_server_request_duration_seconds';
const DURATION_COUNT = `${DURATION}_count`;
const GET = { http_request_method: 'GET' };

/** The stats document of the interface, with a value of the right type for each field. */
const SHAPE = {
  version: '',
  uptimeSeconds: 0,
  state: '',
  requests: { total: 0, byStatus: {} },
  ledger: {
    inherited: 0,
    offered: 0,
    delivered: 0,
    dropped: {},
    spooled: 0,
    queued: 0,
    inFlight: 0,
    unaccounted: 0,
    unconfirmed: 0,
  },
  possibleDuplicates: 0,
  queue: {
    bytes: 0,
    maxBytes: 0,
    records: 0,
    highWaterBytes: 0,
    highWaterRecords: 0,
    oldestAgeSeconds: 0,
    secondsUntilFull: null,
  },
  sink: {
    kind: '',
    state: '',
    lastError: null,
    partitions: null,
    ackMs: null,
    maxRecordsPerSecond: null,
    cluster: null,
  },
  rules: { version: 0, file: null, hash: null, count: 0, loadedAt: '', lastError: null },
  spool: { records: 0, bytes: 0, maxBytes: 0, state: '', lastError: null },
  listeners: [{ id: 0, state: '', restarts: 0 }],
};

function assertShape(value: unknown, shape: unknown, path = 'stats'): void {
  if (shape === null) {
    assert.ok(value === null || ['string', 'number'].includes(typeof value), path);
  } else if (typeof shape === 'object') {
    assert.equal(Array.isArray(value), Array.isArray(shape), path);
    for (const [key, inner] of Object.entries(shape)) {
      assert.ok(Object.hasOwn(value as object, key), `${path}.${key} is missing`);
      assertShape((value as Record<string, unknown>)[key], inner, `${path}.${key}`);
    }
  } else {
    assert.equal(typeof value, typeof shape, path);
  }
}

describe('the admin API', () => {
  let server: RunningServer;
  before(async () => {
    server = await startServer({ flags: { target } });
    for (let n = 0; n < 7; n++) await ask(server.url);
    for (let n = 0; n < 3; n++) await ask(server.url, { method: 'POST' });
    await server.waitForStats('all in the spool', ({ ledger }) => ledger.spooled === 10);
  });
  after(() => server?.stop());

  test('has the stats document of the interface, with true figures', async () => {
    const stats = await server.stats();
    assertShape(stats, SHAPE);
    assert.equal(stats.state, 'serving');
    assert.deepEqual(stats.requests, { total: 10, byStatus: { 301: 7, 405: 3 } });
    assert.deepEqual(stats.ledger, { ...SHAPE.ledger, offered: 10, spooled: 10 });
    assert.equal(stats.queue.bytes, 0);
    assert.equal(stats.queue.records, 0);
    assert.ok(stats.queue.highWaterBytes > 0 && stats.queue.highWaterBytes <= stats.queue.maxBytes);
    const { kind, state, lastError, maxRecordsPerSecond } = stats.sink;
    assert.deepEqual([kind, state, lastError, maxRecordsPerSecond], ['spool', 'connected', null, null]);
    assert.equal(stats.spool.records, 10);
    assert.ok(stats.spool.bytes > 0);
  });

  test('has metrics in the Prometheus text format that equal the stats', async () => {
    const { status, headers, body } = await ask(`${server.adminUrl}/metrics`);
    assert.equal(status, 200);
    assert.match(headers['content-type'] ?? '', /^text\/plain/);
    const samples = parsePrometheus(body);
    const { ledger, requests, queue, spool } = await server.stats();
    const expected: [name: string, labels: Record<string, string>, value: number][] = [
      ['redirector_records_offered_total', {}, ledger.offered],
      ['redirector_records_delivered_total', {}, ledger.delivered],
      ['redirector_records_dropped_total', { redirector_drop_reason: 'queue_full' }, 0],
      ['redirector_records_dropped_total', { redirector_drop_reason: 'crash' }, 0],
      ['redirector_records_spooled', {}, ledger.spooled],
      ['redirector_records_unaccounted', {}, 0],
      ['redirector_queue_limit_bytes', {}, queue.maxBytes],
      ['redirector_spool_usage_bytes', {}, spool.bytes],
      ['redirector_spool_limit_bytes', {}, spool.maxBytes],
      ['redirector_sink_connected', {}, 1],
      ['redirector_spool_connected', {}, 1],
      [DURATION_COUNT, { ...GET, http_response_status_code: '301' }, requests.byStatus[301]!],
      [DURATION_COUNT, { http_request_method: 'POST' }, requests.byStatus[405]!],
      [`${DURATION}_bucket`, { ...GET, le: '+Inf' }, requests.byStatus[301]!],
    ];
    for (const [name, labels, value] of expected) {
      assert.equal(sampleValue(samples, name, labels), value, `${name} ${JSON.stringify(labels)}`);
    }
  });

  test('is live and ready, with its sink too, and has a page', async () => {
    for (const path of ['/livez', '/readyz', '/readyz?sink=1']) {
      const { status, body } = await ask(server.adminUrl + path);
      assert.deepEqual([status, body], [200, 'ok\n'], path);
    }
    const page = await ask(`${server.adminUrl}/`);
    assert.match(page.headers['content-type'] ?? '', /^text\/html/);
    assert.match(page.body, /<h1>.*Redirector<\/h1>/);
    assert.equal((await ask(`${server.adminUrl}/nowhere`)).status, 404);
  });

  test('is no place that redirects are counted at', async () => {
    const before = (await server.stats()).requests.total;
    await ask(`${server.adminUrl}/x`);
    assert.equal((await server.stats()).requests.total, before);
  });
});

describe('an admin API with a token', () => {
  let server: RunningServer;
  let health: string;
  before(async () => {
    const port = await freePort();
    health = `http://127.0.0.1:${port}`;
    server = await startServer({
      flags: {
        target,
        'admin.token': 's3cret',
        'admin.host': '0.0.0.0',
        'health.port': port,
        'health.host': '127.0.0.1',
        'health.metrics': true,
      },
    });
  });
  after(() => server?.stop());

  test('asks for it everywhere but at the probes and the page, which is the same for everybody', async () => {
    for (const path of ['/metrics', '/api/v1/stats', '/api/v1/events', '/api/v1/stream', '/nowhere']) {
      const { status, headers, body } = await ask(server.adminUrl + path);
      assert.equal(status, 401, path);
      assert.match(headers['www-authenticate'] ?? '', /^Bearer /);
      assert.match(body, /Authorization: Bearer/);
    }
    for (const path of ['/livez', '/readyz', '/', '/page/main.js'])
      assert.equal((await ask(server.adminUrl + path)).status, 200, path);
  });

  test('takes the right one and no other', async () => {
    const statusWith = async (authorization: string): Promise<number> =>
      (await ask(`${server.adminUrl}/api/v1/stats`, { headers: { authorization } })).status;
    assert.equal(await statusWith('Bearer s3cret'), 200);
    for (const wrong of [
      'Bearer s3cres',
      'Bearer s3cret2',
      'Bearer ',
      's3cret',
      'Basic s3cret',
      'Bearer S3CRET',
    ]) {
      assert.equal(await statusWith(wrong), 401, wrong);
    }
  });

  test('does not say it anywhere', async () => {
    assert.doesNotMatch(server.stderr() + server.stdout(), /s3cret/);
  });

  test('has probes, and metrics where asked for, on a port without it', async () => {
    for (const path of ['/livez', '/readyz', '/metrics']) {
      assert.equal((await ask(health + path)).status, 200, path);
    }
    for (const path of ['/', '/api/v1/stats', '/api/v1/stream'])
      assert.equal((await ask(health + path)).status, 404, path);
  });
});

describe('a health port', () => {
  test('serves only probes unless metrics are asked for, and goes with the server', async () => {
    const port = await freePort();
    const server = await startServer({ flags: { target, 'health.port': port } });
    const status = async (path: string) => (await ask(`http://127.0.0.1:${port}${path}`)).status;
    assert.deepEqual(
      [await status('/livez'), await status('/readyz'), await status('/metrics'), await status('/')],
      [200, 200, 404, 404],
    );
    await server.stop();
    assert.ok(await isPortFree(port));
  });
});
