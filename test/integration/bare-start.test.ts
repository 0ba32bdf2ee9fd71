import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from '../support/free-port.ts';
import { ask } from '../support/http-client.ts';
import { startServer } from '../support/server.ts';

const watch = fileURLToPath(new URL('../support/watch-process.cjs', import.meta.url));
const target = 'https://example.com/';
const NODE_OPTIONS = `--require=${watch}`;

describe('a bare start', () => {
  test('loads nothing of OpenTelemetry and connects to nobody', async () => {
    const server = await startServer({ flags: { target }, env: { NODE_OPTIONS } });
    await ask(server.url);
    await server.stop();
    assert.match(server.stderr(), /^watch: loaded .*\bexpress\b/m);
    assert.doesNotMatch(server.stderr(), /opentelemetry/);
    assert.doesNotMatch(server.stderr(), /^watch: connects/m);
  });

  test('loads what /metrics needs when it is asked for, and still connects to nobody', async () => {
    const server = await startServer({ flags: { target }, env: { NODE_OPTIONS } });
    assert.equal((await ask(`${server.adminUrl}/metrics`)).status, 200);
    await server.stop();
    assert.match(server.stderr(), /^watch: loaded .*\bprom-client\b/m);
    assert.doesNotMatch(server.stderr(), /@opentelemetry\/(?!api)/); // which prom-client has for a look at the active span
    assert.doesNotMatch(server.stderr(), /^watch: connects/m);
  });

  test('is not the same as one with an OTLP endpoint, which loads the SDK', async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    const server = await startServer({
      flags: { target, 'telemetry.sampleRatio': 1 },
      env: { NODE_OPTIONS, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint },
    });
    await ask(server.url);
    const { code } = await server.stop();
    assert.equal(code, 0);
    assert.match(server.stderr(), /^watch: loaded .*@opentelemetry\/sdk-node/m);
    assert.match(server.stderr(), /^watch: connects/m);
  });
});
