import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { dirname, join, relative } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { click } from '../support/clicks.ts';
import { freePort } from '../support/free-port.ts';
import { temporaryDirectory } from '../support/guarded.ts';
import { ask } from '../support/http-client.ts';
import { scriptsOfMain, scriptsOfThread } from '../support/inspector.ts';
import { serve } from '../support/kafka-server.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { realPart } from '../support/real-parts.ts';
import { sharedJaeger } from '../support/shared.ts';
import { newCaller, PROMPT_EXPORT } from '../support/traces.ts';
import { importsOf } from '../unit/import-rules.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('spans are exported', { skip: await realPart('jaeger') }, async () => {
  const jaeger = await sharedJaeger();
  const protocols: [protocol: string, endpoint: string][] = [
    ['http/protobuf', jaeger.otlpHttp],
    ['http/json', jaeger.otlpHttp],
    ['grpc', jaeger.otlpGrpc],
  ];
  for (const [protocol, endpoint] of protocols) {
    it(`by ${protocol}, under the name of OTEL_SERVICE_NAME`, async () => {
      const env = {
        ...PROMPT_EXPORT,
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_SERVICE_NAME: `clicks-${protocol}`,
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
      };
      await using server = await serve({}, env);
      const { traceId, traceparent } = newCaller(true);
      await click(server.url, 1, { headers: { traceparent } });
      const spans = await jaeger.waitForTrace(traceId, ({ length }) => length === 3);
      for (const { resource } of spans) {
        assert.equal(resource['service.name'], `clicks-${protocol}`);
        assert.equal(resource['deployment.environment.name'], 'test');
        assert.equal(resource['service.instance.id'], (await server.stats()).boot);
      }
      const response = await fetch(`${jaeger.query}/api/v3/services`);
      const { services } = (await response.json()) as { services: string[] };
      assert.ok(services.includes(`clicks-${protocol}`));
    });
  }

  it('of the admin API too, made by the auto-instrumentations for HTTP and Express', async () => {
    await using server = await serve({}, { ...PROMPT_EXPORT, OTEL_EXPORTER_OTLP_ENDPOINT: jaeger.otlpHttp });
    const { traceId, spanId, traceparent } = newCaller(true);
    const response = await fetch(`${server.adminUrl}/api/v1/stats`, { headers: { traceparent } });
    assert.equal(response.status, 200);
    await response.json();
    const spans = await jaeger.waitForTrace(traceId, (found) => found.some(({ kind }) => kind === 'SERVER'));
    const answer = spans.find(({ kind }) => kind === 'SERVER')!;
    assert.equal(answer.name, 'GET /api/v1/stats');
    assert.equal(answer.parentSpanId, spanId);
    assert.match(answer.scope, /instrumentation-http$/);
    assert.ok(
      spans.some(({ scope }) => /instrumentation-express$/.test(scope)),
      spans.map(({ name }) => name).join(),
    );
  });
});

describe('the supervisor, with an endpoint set', () => {
  it('makes no spans of probes and scrapes, unless who asks has a trace', async () => {
    await using collector = await startOtlpReceiver();
    const env = {
      ...PROMPT_EXPORT,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    };
    await using server = await serve({ 'telemetry.sampleRatio': 0 }, env);
    for (const path of ['/livez', '/readyz?sink=1', '/metrics']) await ask(server.adminUrl + path);
    const { traceId, traceparent } = newCaller(true);
    await ask(`${server.adminUrl}/livez`, { headers: { traceparent } });
    await server.stop();
    const sent = JSON.stringify(collector.received('traces'));
    const traces = new Set([...sent.matchAll(/"traceId":"([0-9a-f]{32})"/g)].map(([, id]) => id));
    assert.deepEqual([...traces], [traceId]);
  });
});

describe('an endpoint that is of no use', () => {
  it('because nobody listens costs no answer and no record, one line in the log, and no delay at the end', async () => {
    const env = { ...PROMPT_EXPORT, OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}` };
    const started = performance.now();
    await using server = await serve({ 'telemetry.sampleRatio': 1 }, env);
    await click(server.url, 2000);
    await server.quiet(2000);
    const { code, lastLine } = await server.stop();
    assert.equal(code, 0);
    assert.equal(lastLine.ledger.spooled, 2000);
    assert.equal(lastLine.lost, 0);
    const told = server.stderr().match(/Telemetry cannot be exported/g) ?? [];
    const tens = Math.floor((performance.now() - started) / 10_000);
    assert.ok(told.length >= 1 && told.length <= 1 + tens, server.stderr());
  });

  it('because it takes connections and never answers holds up the end for no more than its bound', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket.resume()));
    const listening = Promise.withResolvers<void>();
    silent.listen(0, '127.0.0.1', listening.resolve);
    await listening.promise;
    try {
      const endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
      await using server = await serve(
        { 'telemetry.sampleRatio': 1 },
        { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint },
      );
      await click(server.url, 10);
      const started = performance.now();
      const { code, lastLine } = await server.stop();
      assert.equal(code, 0);
      assert.equal(lastLine.ledger.spooled, 10);
      // The exporter's own time-out is 10 s, the bound 2 s.
      assert.ok(performance.now() - started < 8000);
    } finally {
      silent.close();
      for (const socket of sockets) socket.destroy();
    }
  });
});

describe('the threads that answer and ship', () => {
  /** Every file that `file` loads, with packages, by what its source names. */
  function loadedBy(file: string, seen = new Set<string>()): Set<string> {
    if (seen.has(file)) return seen;
    seen.add(file);
    for (const specifier of importsOf(readFileSync(join(root, file), 'utf8'))) {
      if (!specifier.startsWith('.')) seen.add(specifier);
      else loadedBy(relative(root, join(root, dirname(file), specifier)), seen);
    }
    return seen;
  }

  for (const thread of ['listener', 'shipper', 'spooler']) {
    it(`load no OpenTelemetry, by any import of an import: ${thread}`, () => {
      const loaded = [...loadedBy(`src/server/${thread}.ts`)];
      assert.ok(loaded.length > 5);
      assert.deepEqual(
        loaded.filter((name) => name.startsWith('@opentelemetry')),
        [],
      );
    });
  }

  it('of a running server have loaded no OpenTelemetry, while the supervisor has', async () => {
    const port = await freePort();
    await using server = await serve(
      { brokers: `127.0.0.1:${await freePort()}`, 'queue.overflow': 'spool', 'telemetry.sampleRatio': 1 },
      {
        NODE_OPTIONS: `--inspect=127.0.0.1:${port}`,
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
        OTEL_LOGS_EXPORTER: 'otlp',
      },
    );
    await click(server.url, 100);
    const ofTelemetry = (files: string[]): string[] =>
      files.filter((file) => file.includes('node_modules/@opentelemetry'));
    assert.ok(ofTelemetry(await scriptsOfMain(port)).length > 100);
    for (const thread of ['listener 0', 'shipper', 'spooler']) {
      const loaded = await scriptsOfThread(port, thread);
      assert.ok(
        loaded.some((file) => file.endsWith(`src/server/${thread.split(' ')[0]}.ts`)),
        loaded.join(),
      );
      assert.deepEqual(ofTelemetry(loaded), [], thread);
    }
  });

  it('do not inherit an instrumentation from NODE_OPTIONS', async () => {
    const folder = temporaryDirectory('preload');
    const log = join(folder, 'threads');
    const preload = join(folder, 'preload.mjs');
    writeFileSync(
      preload,
      `import { appendFileSync } from 'node:fs';
       import { threadName } from 'node:worker_threads';
       appendFileSync(${JSON.stringify(log)}, \`[\${threadName}]\\n\`);`,
    );
    await using server = await serve({}, { NODE_OPTIONS: `--import ${pathToFileURL(preload)}` });
    await click(server.url, 1);
    await server.quiet(1);
    assert.ok(existsSync(log), 'the main thread has loaded it');
    for (const line of readFileSync(log, 'utf8').trim().split('\n')) assert.equal(line, '[]');
  });
});
