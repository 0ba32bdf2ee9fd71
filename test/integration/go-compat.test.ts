import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type Agent, type IncomingMessage, request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { buildGoProgram, startGoProgram } from '../../loadtest/peers/go.ts';
import { PeerUnavailable, type RunningPeer } from '../../loadtest/peers/peer.ts';
import { freePort } from '../support/free-port.ts';
import { kcatConsume } from '../support/kcat.ts';
import { realPart } from '../support/real-parts.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { sharedKafka } from '../support/shared.ts';
import { createTopic } from '../support/topics.ts';

const example = fileURLToPath(new URL('../../examples/from-go.yaml', import.meta.url));

/** What every byte of an encoder is tried with: escapes of Go's own, quotes, controls, beyond the BMP, both separators. */
const runtimeParam = 'a<b>&c "quoted" \\ back / slash \t tab';
const asyncParam = 'é ü 漢字 😀 \u2028\u2029 \u007f';

interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly cacheControl: string | undefined;
  /** The client's end of the connection, as a record has it. */
  readonly from: string;
}

async function ask(url: string, method = 'GET', agent?: Agent): Promise<Answer> {
  const asking = request(url, { method, agent: agent ?? false }).end();
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  const { localAddress, localPort } = response.socket;
  const from = localAddress?.includes(':')
    ? `[${localAddress}]:${localPort}`
    : `${localAddress}:${localPort}`;
  response.resume();
  await once(response, 'close');
  const { location, 'cache-control': cacheControl } = response.headers;
  return { status: response.statusCode!, location, cacheControl, from };
}

async function whyNot(): Promise<string | false> {
  const missing = await realPart('kafka', 'kcat');
  if (missing !== false) return missing;
  try {
    await buildGoProgram();
    return false;
  } catch (error) {
    if (error instanceof PeerUnavailable) return error.message;
    throw error;
  }
}

describe('examples/from-go.yaml beside the Go program', { skip: await whyNot() }, () => {
  let brokers: string[];
  let topics: { go: string; ours: string };
  let go: RunningPeer;
  let goPort: number;
  let ours: RunningServer;

  const values = async (topic: string): Promise<string[]> =>
    (await kcatConsume(brokers, topic)).map(({ value }) => value!.toString('utf8'));

  before(async () => {
    ({ brokers } = await sharedKafka());
    topics = { go: await createTopic(brokers), ours: await createTopic(brokers) };
    goPort = await freePort();
    const strings = { runtimeParam, asyncParam };
    go = await startGoProgram({ port: goPort, brokers, topic: topics.go, ...strings });
    const flags = [
      ...['--config', example, '--brokers', brokers.join(','), '--topic', topics.ours],
      ...['--record-runtime-param', runtimeParam, '--record-async-param', asyncParam],
    ];
    ours = await startServer({ flags: [...flags, '--host', '::'] });
  });
  after(async () => {
    await go?.stop();
    ours?.kill();
  });

  const paths = ['', '/', '/any/path?a=b&c=%20d', '/%C3%BC', '//two//slashes', '/..%2f'];
  for (const method of ['GET', 'HEAD']) {
    it(`gives the same status and Location to every ${method}`, async () => {
      for (const path of paths) {
        const theirs = await ask(`http://127.0.0.1:${goPort}${path}`, method);
        const mine = await ask(`${ours.url}${path}`, method);
        assert.equal(theirs.status, 301);
        assert.equal(theirs.location, 'http://google.com', 'as it was given, with no slash at its end');
        const { from: _theirs, ...expected } = theirs;
        const { from: _mine, ...got } = mine;
        assert.deepEqual(got, expected, path);
      }
    });
  }

  it('writes records byte for byte as the Go program does, for IPv4 and IPv6 clients', async () => {
    const port = new URL(ours.url).port;
    const clients = ['127.0.0.1', '[::1]'];
    const expected = new Set<string>();
    const pattern = (await ask(`http://127.0.0.1:${goPort}/`)).from;
    const stopped = await go.stop();
    assert.equal(stopped.lastLine, '{"event":"shutdown","lost":0}');
    const theirs = (await values(topics.go)).find((value) => value.includes(`"${pattern}"`));
    assert.ok(theirs !== undefined);

    for (const client of clients) {
      const { status, from } = await ask(`http://${client}:${port}/`);
      assert.equal(status, 301);
      expected.add(theirs.replace(pattern, from));
    }
    const { code, lastLine } = await ours.stop();
    assert.equal(code, 0);
    assert.equal(lastLine.ledger.delivered, lastLine.ledger.offered);
    const mine = await values(topics.ours);
    for (const value of expected)
      assert.ok(mine.includes(value), `${value}\nis not among\n${mine.join('\n')}`);
    const shape = (value: string): string => value.replace(/"remote_address":"[^"]+"/, '');
    assert.deepEqual(new Set(mine.map(shape)), new Set([shape(theirs)]));
  });
});

describe('examples/from-go.yaml', () => {
  it('says everything that the Go program sets', () => {
    const { brokers, ...said } = parse(readFileSync(example, 'utf8'));
    assert.equal(brokers, 'localhost:9092,localhost:9093');
    assert.deepEqual(said, {
      host: '::',
      port: 8080,
      target: 'http://google.com',
      status: 301,
      cacheControl: '',
      timeout: { read: '2s', write: '5s', idle: '10s' },
      topic: 'log',
      clientId: 'redirector',
      linger: '1s',
      acks: 'all',
      delivery: { timeout: '5m' },
      record: { format: 'go-compat', runtimeParam: 'runtime_param', asyncParam: 'async_param' },
    });
  });

  it('has each of its settings in docs/from-go.md', () => {
    const page = readFileSync(fileURLToPath(new URL('../../docs/from-go.md', import.meta.url)), 'utf8');
    const keys = (value: unknown, prefix = ''): string[] =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).flatMap(([key, inner]) =>
            keys(inner, prefix === '' ? key : `${prefix}.${key}`),
          )
        : [prefix];
    for (const key of keys(parse(readFileSync(example, 'utf8'))))
      assert.match(page, new RegExp(`\`${key.replace('.', '\\.')}[:\`]`), key);
  });
});
