import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { describe, type TestContext, test } from 'node:test';
import { startGenerator } from '../../loadtest/generator-process.ts';
import type { GeneratorConfig, GeneratorResult, Progress } from '../../loadtest/generator-types.ts';
import { parseTraceparent } from '../../src/telemetry/traceparent.ts';

interface Load extends Partial<GeneratorConfig> {
  readonly port: number;
}

const redirect: RequestListener = (_request, response) => {
  response.writeHead(301, { location: 'https://example.com/', 'content-length': 0 }).end();
};

/** A server of node:http on a free port, for the length of the test. */
async function serve(t: TestContext, listener: RequestListener): Promise<number> {
  const server = createServer({ keepAliveTimeout: 60_000 }, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function run({ port, ...config }: Load, onProgress: (p: Progress) => void = () => {}) {
  const generator = await startGenerator({
    url: `http://127.0.0.1:${port}/`,
    userAgent: 'redirector-loadtest/test',
    rps: 200,
    durationSeconds: 2,
    connections: 32,
    expect: [[300, 399]],
    answerTimeoutMs: 10_000,
    trace: false,
    ...config,
  });
  try {
    return await generator.run(onProgress);
  } finally {
    generator.stop();
  }
}

/** What must hold of every run. */
function assertAddsUp(result: GeneratorResult): void {
  const noAnswer = result.failed - (result.failures['status 503'] ?? 0);
  assert.equal(result.answered + noAnswer, result.scheduled);
  const seconds = result.timeline.reduce((sum, point) => sum + point.sent, 0);
  assert.equal(seconds, result.sent);
}

test('every request is sent, answered and as it should be', async (t) => {
  const agents = new Set<string | undefined>();
  const paths = new Set<string | undefined>();
  let received = 0;
  const port = await serve(t, (request, response) => {
    received++;
    agents.add(request.headers['user-agent']);
    paths.add(request.url);
    redirect(request, response);
  });
  const seen: Progress[] = [];
  const result = await run(
    { port, url: `http://127.0.0.1:${port}/a?b=c`, rps: 1000, durationSeconds: 2.5 },
    (progress) => seen.push(progress),
  );
  assert.equal(result.sent, 2500);
  assert.equal(result.answered, 2500);
  assert.equal(received, 2500);
  assert.equal(result.failed, 0);
  assert.deepEqual(result.statuses, { 301: 2500 });
  assert.deepEqual([...agents], ['redirector-loadtest/test']);
  assert.deepEqual([...paths], ['/a?b=c']);
  assert.ok(seen.length >= 2 && seen[0]!.sent > 0, 'it told how it went on');
  assertAddsUp(result);
});

test('with trace, each request is of a sampled trace of its own', async (t) => {
  const seen: string[] = [];
  const port = await serve(t, (request, response) => {
    seen.push(String(request.headers.traceparent));
    redirect(request, response);
  });
  await run({ port, rps: 500, durationSeconds: 1, trace: true });
  const contexts = seen.map((header) => parseTraceparent(header));
  assert.equal(contexts.length, 500);
  assert.ok(contexts.every((context) => context?.sampled));
  assert.equal(new Set(contexts.map((context) => context?.traceId)).size, 500);
  assert.equal(new Set(contexts.map((context) => context?.spanId)).size, 500);
});

test('requests of several kinds come by their weights, each with its headers and the mark of the run', async (t) => {
  const seen = new Map<string, number>();
  const port = await serve(t, (request, response) => {
    const what = [request.url, request.headers['user-agent'], request.headers['x-test']].join(' ');
    seen.set(what, (seen.get(what) ?? 0) + 1);
    redirect(request, response);
  });
  const requests = [
    { path: '/often', weight: 9, userAgent: 'Mozilla/5.0', headers: [['X-Test', '1']] as const },
    { path: '/seldom' },
  ];
  const result = await run({ port, rps: 500, durationSeconds: 1, requests, arrivals: 'poisson' });
  assert.equal(result.answered, 500);
  const often = seen.get('/often Mozilla/5.0 redirector-loadtest/test 1')!;
  assert.equal(often + seen.get('/seldom redirector-loadtest/test ')!, 500);
  // Five standard deviations.
  assert.ok(Math.abs(often - 450) < 5 * Math.sqrt(500 * 0.9 * 0.1), `${often} of 500`);
});

test('a warm-up is sent and answered, and is in no latency', async (t) => {
  let count = 0;
  // Slow while it warms up, as a process that has just begun.
  const port = await serve(t, (request, response) =>
    setTimeout(() => redirect(request, response), ++count <= 100 ? 1500 : 0),
  );
  const result = await run({ port, rps: 100, durationSeconds: 1, warmupSeconds: 1, connections: 100 });
  assert.equal(result.scheduled, 200);
  assert.equal(result.answered, 200);
  assert.equal(result.measured, 100);
  assert.ok(result.latencyMs.max < 1500, `${result.latencyMs.max} ms`);
  assert.equal(result.latencyDistribution.at(-1)?.ms, result.latencyMs.max);
  assertAddsUp(result);
});

test('requests arrive evenly spread, not in bursts', async (t) => {
  const arrivals: number[] = [];
  const port = await serve(t, (request, response) => {
    arrivals.push(performance.now());
    redirect(request, response);
  });
  await run({ port, rps: 500, durationSeconds: 4 });
  const start = arrivals[0]!;
  const inWindows = (from: number, to: number): number =>
    arrivals.filter((time) => (time - start) % 1000 >= from && (time - start) % 1000 < to).length;
  // A burst at the start of each second would put all of them into its first tenth.
  for (let second = 0; second < 4; second++) {
    const ofSecond = arrivals.filter((time) => Math.floor((time - start) / 1000) === second).length;
    assert.ok(ofSecond > 0);
  }
  assert.ok(inWindows(0, 100) < 0.3 * arrivals.length, `${inWindows(0, 100)} of ${arrivals.length}`);
});

test('a server that freezes for a second shows in the percentiles: latency counts from when a request was due', async (t) => {
  let count = 0;
  const port = await serve(t, (request, response) => {
    redirect(request, response);
    if (++count === 300) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
  });
  // The freeze is of this whole process; the generator is another.
  const result = await run({ port, rps: 200, durationSeconds: 5 });
  assert.equal(result.answered, 1000);
  assert.ok(result.latencyMs.p99 >= 500, `p99 is ${result.latencyMs.p99} ms`);
  assert.equal(result.generatorLimited, false, result.limitedReason ?? '');
  assertAddsUp(result);
});

test('a server that is too slow is not blamed on the generator, and what waited too long fails', async (t) => {
  // Two connections and 50 ms an answer: 40 a second of the 400 asked for.
  const port = await serve(t, (request, response) => setTimeout(() => redirect(request, response), 50));
  const result = await run({ port, rps: 400, durationSeconds: 1, connections: 2, answerTimeoutMs: 1000 });
  assert.equal(result.generatorLimited, false, result.limitedReason ?? '');
  assert.ok(result.failed > 0);
  assert.ok(result.achievedRps < 200, `${result.achievedRps} a second`);
  assert.equal(result.scheduled, 400);
  assert.ok(result.sent < 400, 'what found no connection in time was not sent');
  assertAddsUp(result);
});

test('a server that never answers makes time-outs, and the run still ends', async (t) => {
  const port = await serve(t, () => {});
  const result = await run({ port, rps: 50, durationSeconds: 1, connections: 100, answerTimeoutMs: 500 });
  assert.equal(result.answered, 0);
  assert.deepEqual(result.failures, { timeout: 50 });
  assertAddsUp(result);
});

test('a wrong status is an answer and a failure', async (t) => {
  let count = 0;
  const port = await serve(t, (request, response) => {
    if (++count % 4 === 0) response.writeHead(503).end('busy');
    else redirect(request, response);
  });
  const result = await run({ port, rps: 100, durationSeconds: 1 });
  assert.equal(result.answered, 100);
  assert.equal(result.failed, 25);
  assert.deepEqual(result.failures, { 'status 503': 25 });
  assertAddsUp(result);
});

test('a server that closes after every answer gets a new connection for each request', async (t) => {
  const port = await serve(t, (request, response) => {
    response.setHeader('connection', 'close');
    redirect(request, response);
  });
  const result = await run({ port, rps: 200, durationSeconds: 1 });
  assert.equal(result.answered, 200);
  assert.equal(result.failed, 0);
});

test('connections refused in the middle of a run are failures, and so is the request that was cut', async (t) => {
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    if (++count < 100) return redirect(request, response);
    // As a crash looks from outside: every connection is cut, and nothing listens any more.
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
  });
  let count = 0;
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const result = await run({ port, rps: 200, durationSeconds: 1 });
  assert.ok(result.answered >= 90 && result.answered < 100, `${result.answered} answers`);
  assert.equal(result.failed, 200 - result.answered);
  assert.ok((result.failures.ECONNREFUSED ?? 0) > 50, JSON.stringify(result.failures));
  assertAddsUp(result);
});

test('answers that are not HTTP are failures', async (t) => {
  const server = createTcpServer((socket) =>
    socket.on('data', () => socket.write('hello?\r\n\r\n')).on('error', () => {}),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const result = await run({ port, rps: 50, durationSeconds: 1 });
  assert.deepEqual(result.failures, { 'the answer does not begin as HTTP/1.1: "hello?"': 50 });
  assertAddsUp(result);
});

describe('as fast as it goes', () => {
  test('redirects count as answers, and the requests on their way at the end get theirs', async (t) => {
    let received = 0;
    const port = await serve(t, (request, response) => {
      received++;
      redirect(request, response);
    });
    const result = await run({ port, rps: 'max', durationSeconds: 1 });
    assert.ok(result.answered > 100);
    assert.equal(result.answered, received);
    assert.equal(result.sent, received);
    assert.equal(result.failed, 0);
    assertAddsUp(result);
  });

  test('a wrong status is a failure', async (t) => {
    const port = await serve(t, (_request, response) => response.writeHead(503).end());
    const result = await run({ port, rps: 'max', durationSeconds: 1, connections: 2 });
    assert.equal(result.failed, result.answered);
    assert.deepEqual(Object.keys(result.failures), ['status 503']);
    assertAddsUp(result);
  });
});

describe('a server that cannot be reached is an error of its own, at once', () => {
  for (const rps of [10, 'max'] as const) {
    test(`with rps ${rps}`, async () => {
      const server = createTcpServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      await new Promise((resolve) => server.close(resolve));
      await assert.rejects(run({ port, rps }), { code: 'SERVER_UNREACHABLE', message: /ECONNREFUSED/ });
    });
  }
});
