import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import { after, before, suite, test } from 'node:test';
import { BROWSER } from '../../loadtest/bench/browser.ts';
import { topicsOn } from '../../loadtest/bench/topics.ts';
import { go, startGoProgram } from '../../loadtest/peers/go.ts';
import { peers, tracingPeers } from '../../loadtest/peers/index.ts';
import { type Peer, PeerUnavailable, type RunningPeer } from '../../loadtest/peers/peer.ts';
import { rustIsBuilt } from '../../loadtest/peers/rust.ts';
import { freePort } from '../support/free-port.ts';
import { type KafkaCluster, startKafka } from '../support/kafka.ts';
import { kafkaClient } from '../support/kafka-client.ts';
import { realPart } from '../support/real-parts.ts';
import { sharedJaeger } from '../support/shared.ts';
import { newCaller } from '../support/traces.ts';
import { waitFor } from '../support/wait-for.ts';

const REQUESTS = 20;

/** One request on a connection of its own; resolves with the answer and the address that the server saw. */
async function ask(url: string): Promise<{ status: number; location: string; from: string }> {
  const request = get(url, { agent: false, headers: BROWSER });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const { localAddress, localPort } = response.socket;
  response.resume();
  await once(response, 'end');
  return {
    status: response.statusCode!,
    location: response.headers.location ?? '',
    from: `${localAddress}:${localPort}`,
  };
}

/** Why this machine cannot have the peer; false when it can. */
async function whyNot(peer: Peer): Promise<string | false> {
  if (peer.name === 'rust' && !rustIsBuilt())
    return 'it takes minutes to build: npm run bench -- --peers rust does it once';
  try {
    await peer.build();
    return false;
  } catch (error) {
    if (error instanceof PeerUnavailable) return error.message;
    throw error;
  }
}

async function valuesIn(topic: string, count: number, brokers: string[]): Promise<string[]> {
  const consumer = kafkaClient(brokers).consumer({ groupId: topic });
  const values: string[] = [];
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        values.push(message.value!.toString());
      },
    });
    await waitFor(`${count} records in ${topic}`, () => values.length >= count, { timeoutMs: 30_000 });
  } finally {
    await consumer.disconnect();
  }
  return values;
}

suite('peers', () => {
  let kafka: KafkaCluster;
  const running: RunningPeer[] = [];
  const started = async (start: Promise<RunningPeer>) => {
    const peer = await start;
    running.push(peer);
    return peer;
  };

  before(async () => {
    kafka = await startKafka({ brokers: 1 });
  });
  after(async () => {
    await Promise.allSettled(running.map((peer) => peer.stop()));
    await kafka?.stop();
  });

  // Those that trace are in the lists of the bench of telemetry.
  const untraced = peers.filter(({ sampleRatio }) => sampleRatio === undefined);
  for (const peer of untraced) {
    const log =
      peer.recordFields > 0 ? 'every answer is in the topic once it has stopped' : 'it keeps no log';
    test(`${peer.name} answers 301 with a Location, and ${log}`, async (t) => {
      const missing = await whyNot(peer);
      if (missing) return t.skip(missing);
      const topic = `peers.${peer.name}`;
      const topics = topicsOn(kafka.brokers);
      await topics.create(topic, 1);
      const server = await started(peer.start({ port: await freePort(), brokers: kafka.brokers, topic }));
      for (let request = 0; request < REQUESTS; request++) {
        const { status, location } = await ask(server.url);
        assert.equal(status, 301);
        assert.match(location, /^http:\/\/google\.com\/?$/);
      }
      const end = await server.stop();
      assert.equal(end.exitCode, 0);
      assert.deepEqual(await server.stop(), end, 'a second stop tells the same');
      assert.equal(await topics.count(topic), peer.recordFields > 0 ? REQUESTS : 0);
      if (peer.recordFields > 0) {
        const record = (await valuesIn(topic, REQUESTS, kafka.brokers))[0]!;
        assert.equal(Object.keys(JSON.parse(record)).length, peer.recordFields, record);
      }
      await topics.delete(topic);
    });
  }

  for (const peer of tracingPeers) {
    const { name, sampleRatio } = peer;
    const spans = sampleRatio === 1 ? 'spans of every answer' : 'no span of an untraced answer';
    test(`${name} leaves every answer in the topic, and ${spans} in Jaeger`, async (t) => {
      const missing = await realPart('jaeger');
      if (missing) return t.skip(missing);
      const jaeger = await sharedJaeger();
      const before = await jaeger.acceptedSpans();
      const topic = `peers.${name}`;
      await topicsOn(kafka.brokers).create(topic, 1);
      const server = await started(
        peer.start({
          port: await freePort(),
          brokers: kafka.brokers,
          topic,
          collector: sampleRatio === undefined ? undefined : jaeger.otlpHttp,
        }),
      );
      for (let request = 0; request < REQUESTS; request++) assert.equal((await ask(server.url)).status, 301);
      assert.equal((await server.stop()).exitCode, 0);
      assert.equal(await topicsOn(kafka.brokers).count(topic), REQUESTS);
      const accepted = (await jaeger.acceptedSpans()) - before;
      // Of one in a hundred of these few there may be none.
      if (sampleRatio === 1) assert.ok(accepted >= 2 * REQUESTS, `${accepted} spans`);
      else if (sampleRatio === undefined || sampleRatio === 0) assert.equal(accepted, 0);
    });
  }

  test('stock-100 is instrumented for HTTP, Express and kafkajs', async (t) => {
    const missing = await realPart('jaeger');
    if (missing) return t.skip(missing);
    const jaeger = await sharedJaeger();
    const topic = 'peers.stock.spans';
    await topicsOn(kafka.brokers).create(topic, 1);
    const peer = tracingPeers.find(({ name }) => name === 'stock-100')!;
    const port = await freePort();
    const server = await started(
      peer.start({ port, brokers: kafka.brokers, topic, collector: jaeger.otlpHttp }),
    );
    const { traceId, traceparent } = newCaller(true);
    assert.equal((await fetch(server.url, { headers: { traceparent }, redirect: 'manual' })).status, 301);
    await server.stop();
    const scopes = new Set((await jaeger.waitForTrace(traceId)).map(({ scope }) => scope));
    for (const name of ['http', 'express', 'kafkajs'])
      assert.ok(scopes.has(`@opentelemetry/instrumentation-${name}`), [...scopes].join(', '));
  });

  test('a record of the Go program has its three fields, in this order and with these bytes', async (t) => {
    const missing = await whyNot(go);
    if (missing) return t.skip(missing);
    const topic = 'peers.go.bytes';
    await topicsOn(kafka.brokers).create(topic, 1);
    const server = await started(
      startGoProgram({
        port: await freePort(),
        brokers: kafka.brokers,
        topic,
        runtimeParam: 'a "b" é',
        asyncParam: 'x<y>&z',
      }),
    );
    const { from } = await ask(server.url);
    assert.equal((await server.stop()).lastLine, '{"event":"shutdown","lost":0}');
    // Go's encoding/json writes <, > and & as escapes, which JSON.stringify does not.
    const expected = `{"runtime_param":"a \\"b\\" é","async_param":"x\\u003cy\\u003e\\u0026z","remote_address":"${from}"}`;
    assert.deepEqual(await valuesIn(topic, 1, kafka.brokers), [expected]);
  });

  for (const peer of untraced.filter(({ name }) => name !== 'redirector')) {
    test(`${peer.name} does not start on a port that is in use, and says why`, async (t) => {
      const missing = await whyNot(peer);
      if (missing) return t.skip(missing);
      const port = await freePort();
      const other = createServer().listen(port, '127.0.0.1');
      await once(other, 'listening');
      try {
        const start = started(peer.start({ port, brokers: kafka.brokers, topic: 'none' }));
        await assert.rejects(start, /it ended before it served: .*address already in use/i);
      } finally {
        other.close();
      }
    });
  }
});
