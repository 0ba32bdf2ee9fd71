import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { dirname, join, relative } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { click } from '../support/clicks.ts';
import { freePort } from '../support/free-port.ts';
import { temporaryDirectory } from '../support/guarded.ts';
import { serve } from '../support/kafka-server.ts';
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

describe('an endpoint that is of no use', () => {
  it('because nobody listens costs no answer and no record, one line in the log, and no delay at the end', async () => {
    const env = { ...PROMPT_EXPORT, OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}` };
    await using server = await serve({ 'telemetry.sampleRatio': 1 }, env);
    await click(server.url, 2000);
    await server.quiet(2000);
    const { code, lastLine } = await server.stop();
    assert.equal(code, 0);
    assert.equal(lastLine.ledger.spooled, 2000);
    assert.equal(lastLine.lost, 0);
    const told = server.stderr().match(/Telemetry cannot be exported/g) ?? [];
    assert.equal(told.length, 1, server.stderr());
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
