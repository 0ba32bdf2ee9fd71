import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { click } from '../support/clicks.ts';
import { countingProxy } from '../support/counting-proxy.ts';
import { temporaryDirectory } from '../support/guarded.ts';
import { type Flags, serve } from '../support/kafka-server.ts';
import { realPart } from '../support/real-parts.ts';
import { type SecuredKafka, startSecuredKafka } from '../support/secured-kafka.ts';
import { startLoad } from '../support/steady-load.ts';
import { createTopic } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';
import { assertDelivered, assertRecordsWait, assertUntold, troublesOf } from '../support/waiting-records.ts';
import { redirector } from '../unit/run-redirector.ts';

const SECRET = 'Right+Horse/7531';
const providerFile = fileURLToPath(new URL('../../examples/token-from-file.mjs', import.meta.url));

describe('a cluster that asks for a token', { skip: await realPart('kafka', 'kcat', 'openssl') }, () => {
  let kafka: SecuredKafka;
  let topic: string;

  before(async () => {
    kafka = await startSecuredKafka();
  });
  after(() => kafka?.stop());
  beforeEach(async () => {
    topic = await createTopic(kafka.brokers);
    Object.assign(kafka.tokens, { mode: 'tokens', lifeSeconds: 300 });
    kafka.tokens.asked.length = 0;
  });

  const credentials = (brokers = kafka.oauth): Flags => ({
    brokers,
    topic,
    'sasl.mechanism': 'oauthbearer',
    'sasl.oauth.tokenEndpoint': kafka.tokens.tokenEndpoint,
    'sasl.oauth.clientId': 'the client',
    'sasl.oauth.clientSecret': SECRET,
    'sasl.oauth.scope': 'kafka write',
  });
  const provider = (file: string, brokers = kafka.oauth): Flags => ({
    brokers,
    topic,
    'sasl.mechanism': 'oauthbearer',
    'sasl.oauth.provider': file,
  });

  it('client credentials get one token for all connections, and every record is delivered', async () => {
    await using server = await serve(credentials());
    await click(server.url, 500);
    await assertDelivered(server, kafka.brokers, topic, 500);
    assert.deepEqual(troublesOf(server), []);
    const [basic, ...more] = kafka.tokens.asked;
    assert.deepEqual(more, []);
    assert.equal(basic!.authorization, `Basic ${btoa('the+client:Right%2BHorse%2F7531')}`);
    assert.equal(basic!.body, 'grant_type=client_credentials&scope=kafka+write');
    await assertUntold(server, SECRET, encodeURIComponent(SECRET), btoa(SECRET));
  });

  it('a token is replaced before it ends, and the session with it, under load and without a word', async (t) => {
    kafka.tokens.lifeSeconds = 2;
    await using server = await serve(credentials());
    const load = startLoad(server.url, 200);
    t.after(() => load.stop());
    await waitFor('three tokens', () => kafka.tokens.asked.length >= 3, { timeoutMs: 30_000 });
    const { sent, answered, failures } = await load.stop();
    assert.deepEqual([answered, failures], [sent, {}]);
    await assertDelivered(server, kafka.brokers, topic, sent);
    assert.deepEqual(troublesOf(server), []);
  });

  it('a token endpoint that goes away under way stops delivery when the token ends, and no record is lost', async (t) => {
    kafka.tokens.lifeSeconds = 2;
    await using server = await serve(credentials());
    const load = startLoad(server.url, 200);
    t.after(() => load.stop());
    await server.waitForStats('deliveries', ({ ledger }) => ledger.delivered > 0);
    kafka.tokens.mode = 'refuses';
    const lastError = /^There is no token for Kafka: /;
    await server.waitForStats('the reason', ({ sink }) => lastError.test(sink.lastError ?? ''));
    kafka.tokens.mode = 'tokens';
    await server.connected();
    const { sent, answered, failures } = await load.stop();
    assert.deepEqual([answered, failures], [sent, {}]);
    await assertDelivered(server, kafka.brokers, topic, sent);
  });

  it('a token endpoint that refuses is a named error; when it recovers, so does delivery', async () => {
    kafka.tokens.mode = 'refuses';
    await using server = await serve(credentials());
    const lastError =
      /^There is no token for Kafka: the token endpoint http:\S+ refuses: HTTP 401 \(invalid_client\)\.$/;
    await assertRecordsWait(server, { count: 200, attempts: () => kafka.tokens.asked.length, lastError });
    kafka.tokens.mode = 'tokens';
    await assertDelivered(server, kafka.brokers, topic, 200);
    await assertUntold(server, SECRET);
  });

  it('a module gives the tokens; one that has expired is a named error, until it gives a good one', async () => {
    const file = join(temporaryDirectory('token'), 'token');
    // To the module it has an hour to live; to Kafka, none.
    const expired = kafka.tokens.token('anna', -60);
    writeFileSync(file, expired);
    const module = join(temporaryDirectory('provider'), 'provider.mjs');
    writeFileSync(
      module,
      `import { readFileSync } from 'node:fs';
       export default async () => ({
         value: readFileSync(${JSON.stringify(file)}, 'utf8'),
         expiresAt: new Date(Date.now() + 3_600_000),
         extensions: { purpose: 'a test' },
       });`,
    );
    using proxy = await countingProxy(kafka.oauth);
    await using server = await serve(provider(module, proxy.address));
    const lastError = /^Kafka refuses the credentials: \{"status":"invalid_token"\}\.$/;
    await assertRecordsWait(server, { count: 200, attempts: () => proxy.connections, lastError });
    const good = kafka.tokens.token('anna', 300);
    writeFileSync(file, good);
    await assertDelivered(server, kafka.brokers, topic, 200);
    await assertUntold(server, expired, good);
  });

  it('the example of a module reads the token from a file', async () => {
    const file = join(temporaryDirectory('token'), 'token');
    writeFileSync(file, `${kafka.tokens.token('anna', 300)}\n`);
    await using server = await serve(provider(providerFile), { KAFKA_TOKEN_FILE: file });
    await click(server.url, 100);
    await assertDelivered(server, kafka.brokers, topic, 100);
  });

  it('a module that never answers is a named error, and answers go on', async () => {
    const module = join(temporaryDirectory('provider'), 'provider.mjs');
    writeFileSync(module, 'export default () => new Promise(() => {});');
    await using server = await serve({ ...provider(module), 'request.timeout': '500ms' });
    await server.waitForStats('the reason', ({ sink }) => /: none came within/.test(sink.lastError ?? ''));
    await click(server.url, 50);
  });

  it('topics: a token does; without one it is exit 3 with a sentence that names the endpoint', async () => {
    const flags = [
      '--brokers',
      kafka.oauth,
      '--sasl-mechanism',
      'oauthbearer',
      '--sasl-oauth-client-id',
      'anna',
    ];
    const endpoint = ['--sasl-oauth-token-endpoint', kafka.tokens.tokenEndpoint];
    const list = () =>
      redirector(['topics', 'list', ...flags, ...endpoint, '--sasl-oauth-client-secret', SECRET]);
    const listed = await list();
    assert.deepEqual([listed.code, listed.stderr], [0, '']);
    assert.match(listed.stdout, new RegExp(`^${topic} `, 'm'));
    kafka.tokens.mode = 'refuses';
    const { code, stdout, stderr } = await list();
    assert.deepEqual([code, stdout], [3, '']);
    assert.match(
      stderr,
      /^redirector: There is no token for Kafka: the token endpoint http:\S+ refuses: HTTP 401/,
    );
    assert.ok(!stderr.includes(SECRET));
  });
});
