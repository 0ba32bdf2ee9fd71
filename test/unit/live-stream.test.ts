import assert from 'node:assert/strict';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { History } from '../../src/server/admin/history.ts';
import { LiveStream, MAX_VIEWERS } from '../../src/server/admin/live-stream.ts';
import { RecentEvents } from '../../src/server/admin/recent-events.ts';
import type { Stats } from '../../src/server/admin/stats.ts';
import { dropColumn } from '../../src/server/queue/ledger.ts';
import { owner } from '../../src/server/queue/slab-layout.ts';
import { quantile } from '../../src/telemetry/histogram-cells.ts';
import type { LogLine } from '../../src/telemetry/log-line.ts';
import { allocateRequestStats, RequestStats } from '../../src/telemetry/request-stats.ts';
import { makeQueue } from '../support/queue-fixture.ts';
import { waitFor } from '../support/wait-for.ts';

const line = (fields: Partial<LogLine>): LogLine => ({
  event: 'redirector.kafka.degraded',
  level: 'warn',
  message: 'Kafka is not taking records; they wait in the queue.',
  fields: {},
  repeated: 0,
  trace: undefined,
  ...fields,
});

describe('a share of the answers', () => {
  it('lies within its bucket as far as the values below it go', () => {
    assert.equal(quantile([0, 10, 0], [1, 2], 0.5), 1.5);
    assert.equal(quantile([10, 10, 0], [1, 2], 0.25), 0.5);
    assert.equal(quantile([1, 99, 0], [1, 3], 0.01), 1);
  });

  it('is the last bound above it, and nothing of nothing', () => {
    assert.equal(quantile([0, 0, 5], [1, 2], 0.5), 2);
    assert.equal(quantile([0, 0, 0], [1, 2], 0.5), undefined);
  });
});

describe('the history', () => {
  it('has a sample for each second, with what was in it, and keeps the last five minutes', (t) => {
    t.mock.timers.enable({ apis: ['setInterval', 'Date'], now: 0 });
    let now = 0;
    t.mock.method(performance, 'now', () => now);
    const pass = (ms: number): void => {
      now += ms;
      t.mock.timers.tick(1000);
    };
    const { pool, ledger } = makeQueue();
    const requests = new RequestStats(allocateRequestStats(1));
    const history = new History({ pool, ledger, requests });
    for (let n = 0; n < 100; n++) requests.observe(0, 'GET', 301, 2);
    ledger.add(owner.SHIPPER, 'delivered', 90);
    ledger.add(owner.SHIPPER, dropColumn('rejected'), 6);
    ledger.add(owner.SHIPPER, dropColumn('delivery_timeout'), 4);
    pass(2000); // the timer was late: rates are by the time that has really passed
    const [first] = history.samples;
    assert.deepEqual(first!.answers, { 301: 50 });
    assert.deepEqual([first!.delivered, first!.dropped, first!.time], [45, 5, 1000]);
    assert.ok(first!.latencyMs!.p50 > 1 && first!.latencyMs!.p99 <= 2.5, JSON.stringify(first!.latencyMs));

    requests.observe(0, 'GET', 404, 200);
    pass(1000);
    assert.deepEqual(history.samples[1]!.answers, { 301: 0, 404: 1 });
    for (let second = 0; second < 10; second++) pass(1000);
    assert.equal(history.samples.at(-1)!.latencyMs, null, 'of the last seconds alone');
    for (let second = 0; second < 300; second++) pass(1000);
    assert.equal(history.samples.length, 300);
    history.stop();
    pass(1000);
    assert.equal(history.samples.at(-1)!.time, 312_000);
  });
});

describe('recent events', () => {
  it('are what the log wrote, with what the sentence does not say, and without stacks and debugging', () => {
    const events = new RecentEvents();
    events.keep(line({ level: 'debug' }));
    events.keep(line({ fields: { 'exception.message': 'refused', 'exception.stacktrace': 'at x' } }));
    events.keep(
      line({
        message: 'The shipper died.',
        fields: { 'thread.name': 'shipper', 'server.port': 1 },
        repeated: 3,
      }),
    );
    const shown = events.after(0).map(({ number, detail, repeated }) => [number, detail, repeated]);
    assert.deepEqual(shown, [
      [1, 'refused', 0],
      [2, 'server.port 1', 3],
    ]);
    assert.deepEqual(
      events.after(1).map(({ number }) => number),
      [2],
    );
  });

  it('are a hundred at most', () => {
    const events = new RecentEvents();
    for (let n = 0; n < 1000; n++) events.keep(line({}));
    assert.deepEqual([events.after(0).length, events.after(0)[0]!.number], [100, 901]);
  });
});

/** A stream that is served on a port; `tick` stands for a second, `readings` counts what was read of the server. */
async function served(t: TestContext, padding = '') {
  let readings = 0;
  const events = new RecentEvents();
  const history: ConstructorParameters<typeof LiveStream>[0]['history'] = { samples: [], onSample: () => {} };
  const live = new LiveStream({
    history,
    events,
    stats: () => {
      readings++;
      return { version: padding } as Stats;
    },
  });
  const server = createServer((_request, response) => {
    if (!live.open(response)) response.writeHead(503).end();
  });
  let cuts = 0;
  server.on('connection', (socket) => socket.once('close', () => cuts++));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close().closeAllConnections());
  const view = (): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      get({ port: (server.address() as AddressInfo).port, agent: false }, resolve).on('error', reject);
    });
  return {
    live,
    events,
    view,
    readings: () => readings,
    /** Connections that have ended. */
    cuts: () => cuts,
    tick: () => history.onSample({ time: 1 } as Parameters<typeof history.onSample>[0]),
  };
}

/** Collects what a viewer gets. */
function textOf(response: IncomingMessage): () => string {
  let text = '';
  response.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  return () => text;
}

describe('the stream', () => {
  it('reads nothing while nobody looks, and once a second for all who do', async (t) => {
    const { view, tick, readings, events } = await served(t);
    tick();
    assert.equal(readings(), 0);
    const texts = [textOf(await view()), textOf(await view())];
    assert.equal(readings(), 2, 'one for each hello');
    events.keep(line({}));
    tick();
    tick();
    assert.equal(readings(), 4);
    for (const text of texts) {
      await waitFor('both readings', () => text().split('event: reading').length === 3);
      assert.match(text(), /^event: hello\ndata: \{"stats":\{.*\},"samples":\[\],"events":\[\]\}\n\n/);
      const told = text().match(/kafka\.degraded/g);
      assert.equal(told?.length, 1, 'an event comes once');
    }
  });

  it('has so many viewers at most, and room again when one has gone', async (t) => {
    const { view } = await served(t);
    const viewers = await Promise.all(Array.from({ length: MAX_VIEWERS }, view));
    assert.deepEqual([...new Set(viewers.map(({ statusCode }) => statusCode))], [200]);
    assert.equal((await view()).statusCode, 503);
    viewers[0]!.destroy();
    await waitFor('room', async () => {
      const response = await view();
      return response.resume().statusCode === 200;
    });
  });

  it('cuts a viewer that takes nothing, and goes on for the others', async (t) => {
    const { view, tick, cuts } = await served(t, 'x'.repeat(200_000));
    const slow = await view();
    slow.pause().on('error', () => {}); // it is cut in the middle of its answer
    const quick = await view();
    let got = 0;
    quick.on('data', (chunk: Buffer) => {
      got += chunk.length;
    });
    await waitFor('it to be cut', () => {
      tick();
      return cuts() === 1;
    });
    const before = got;
    tick();
    await waitFor('the other to go on', () => got > before);
  });

  it('says goodbye when the server ends, and takes nobody on after that', async (t) => {
    const { view, live } = await served(t);
    const viewer = await view();
    const text = textOf(viewer);
    live.end();
    await new Promise((resolve) => viewer.once('end', resolve));
    assert.match(text(), /event: end\ndata: \{\}\n\n$/);
    assert.equal((await view()).statusCode, 503);
  });
});
