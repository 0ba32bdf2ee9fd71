import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { envOf, type OptionKey } from '../../src/options.ts';
import { click } from '../support/clicks.ts';
import { freePort } from '../support/free-port.ts';
import { ask } from '../support/http-client.ts';
import { serve } from '../support/kafka-server.ts';
import { logLinesOf } from '../support/log-lines.ts';
import { realPart } from '../support/real-parts.ts';
import type { RunningServer } from '../support/server.ts';
import { sharedKafka } from '../support/shared.ts';
import { waitFor } from '../support/wait-for.ts';
import { redirector } from '../unit/run-redirector.ts';

/** Like no other word: they are searched for in what must not tell them. */
const SECRET = 'Zebra/Quartz+8642';
const TOKEN = 'Walrus-Topaz-9753';

/** All that a server says to those who look. */
async function saidBy(server: RunningServer): Promise<string> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const answers = ['/api/v1/stats', '/metrics', '/readyz?sink=1', '/'].map(
    async (path) => (await ask(server.adminUrl + path, { headers })).body,
  );
  return [server.stderr(), server.stdout(), ...(await Promise.all(answers))].join('\n');
}

function assertUntold(said: string, ...secrets: string[]): void {
  for (const secret of secrets) {
    for (const form of [secret, encodeURIComponent(secret)])
      assert.ok(!said.includes(form), `${form} in: ${said}`);
  }
}

/** A server that answers every request with what it was sent: the Authorization header, decoded, in its error. */
async function startEcho(): Promise<{ url: string } & Disposable> {
  const server = createServer((request, response) => {
    const [kind = '', value = ''] = (request.headers.authorization ?? '').split(' ');
    const told = kind === 'Basic' ? Buffer.from(value, 'base64').toString() : `${kind} ${value}`;
    response.writeHead(401, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: `refused ${told}` }));
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('a server does not tell', () => {
  it('its client secret, also where the token endpoint sends it back, in the log, the stats or a command', async () => {
    using echo = await startEcho();
    const oauth = {
      brokers: `127.0.0.1:${await freePort()}`,
      'sasl.mechanism': 'oauthbearer',
      'sasl.oauth.tokenEndpoint': `${echo.url}/token`,
      'sasl.oauth.clientId': 'client',
      'sasl.oauth.clientSecret': SECRET,
    } as const;
    await using server = await serve({ ...oauth, 'admin.token': TOKEN });
    await click(server.url, 10);
    const { sink } = await server.waitForStats('the refusal', (stats) =>
      /refuses/.test(stats.sink.lastError ?? ''),
    );
    assert.match(sink.lastError ?? '', /refused client:\[hidden\]/);
    await waitFor('it to be logged', () => /refused client:\[hidden\]/.test(server.stderr()));
    await server.stop();
    assertUntold(server.stderr() + server.stdout() + JSON.stringify(sink), SECRET);

    const env = Object.fromEntries(
      Object.entries(oauth).map(([key, value]) => [envOf(key as OptionKey), value]),
    );
    const { code, stderr } = await redirector(['topics', 'list', '--debug'], { env });
    assert.equal(code, 3);
    assert.match(stderr, /\[hidden\]/);
    assertUntold(stderr, SECRET);
  });

  it('the admin token, nor what was guessed for it', async () => {
    await using server = await serve({ 'admin.token': TOKEN });
    for (const guess of [SECRET, `${TOKEN}x`, '']) {
      const headers = { authorization: `Bearer ${guess}` };
      assert.equal((await ask(`${server.adminUrl}/${encodeURIComponent(TOKEN)}`, { headers })).status, 401);
    }
    const said = await saidBy(server);
    assert.ok(logLinesOf(said).some(({ event }) => event === 'redirector.admin.request_refused'));
    assertUntold(said, TOKEN, SECRET);
  });

  it('the headers for the collector, also where that sends them back, nor the password in its address', async () => {
    using echo = await startEcho();
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: echo.url.replace('//', `//user:${encodeURIComponent(SECRET)}@`),
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${TOKEN}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '50',
      OTEL_LOGS_EXPORTER: 'otlp',
    };
    await using server = await serve({ 'telemetry.sampleRatio': 1, 'admin.token': TOKEN }, env);
    await click(server.url, 10);
    await waitFor('the trouble to be told', () =>
      server.stderr().includes('redirector.telemetry.export_failed'),
    );
    const said = await saidBy(server);
    await server.stop();
    assertUntold(said + server.stderr() + server.stdout(), TOKEN, SECRET);
  });
});

describe('a server with Kafka does not tell', { skip: await realPart('kafka') }, () => {
  it('its password to a broker that does not ask for one', async () => {
    const { brokers } = await sharedKafka();
    await using server = await serve({
      brokers: brokers.join(','),
      'sasl.mechanism': 'plain',
      'sasl.username': 'user',
      'sasl.password': SECRET,
      'admin.token': TOKEN,
    });
    await click(server.url, 10);
    await server.waitForStats('the trouble', ({ sink }) => sink.lastError !== null);
    const said = await saidBy(server);
    assertUntold(said, SECRET, TOKEN);
    assertUntold(said, Buffer.from(`\0user\0${SECRET}`).toString('base64'));
  });
});
