import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { limitOf } from '../../loadtest/limited.ts';
import { RecordTally } from '../../loadtest/record-tally.ts';
import { serverEnvironment, serverProblem, withoutOptions } from '../../loadtest/server-process.ts';
import { checkSettings, type LoadtestFlags, runSeconds, statuses } from '../../loadtest/settings.ts';
import { isLoopback, targetOf } from '../../loadtest/target.ts';
import { temporaryTopic } from '../../loadtest/topic-place.ts';
import { loadConfig } from '../../src/config.ts';

const flags = (changes: Partial<LoadtestFlags> = {}): LoadtestFlags => ({
  max: false,
  findMax: false,
  yes: false,
  trace: false,
  expect: [[300, 399]],
  answerTimeout: 10_000,
  quietTimeout: 60_000,
  ...changes,
});
const settingsOf = (changes: Partial<LoadtestFlags> = {}) => checkSettings(flags(changes), undefined);

describe('settings', () => {
  const refused = (changes: Partial<LoadtestFlags>, sentence: RegExp): void => {
    assert.throws(() => settingsOf(changes), { code: 'USAGE', message: sentence });
  };

  test('the rate is 15,000 a second unless it is given, and none with --max', () => {
    assert.equal(settingsOf().rps, 15_000);
    assert.equal(settingsOf({ rps: 10 }).rps, 10);
    assert.equal(settingsOf({ max: true }).rps, undefined);
  });

  test('a count of requests says how long the run is', () => {
    assert.equal(settingsOf({ rps: 200, count: 500 }).seconds, 2.5);
    refused({ rps: 1, count: 100_000 }, /--count 100000 at 1 a second takes more than a day/);
  });

  test('a search has steps, a warm-up and a p99 of its own', () => {
    const search = settingsOf({ findMax: true });
    assert.deepEqual(
      [search.rps, search.seconds, search.warmupSeconds, search.findMaxP99Ms],
      [1000, 5, 1, 5],
    );
    assert.equal(settingsOf({ findMax: true, p99: 20, step: 2 }).findMaxP99Ms, 20);
    assert.equal(settingsOf().findMaxP99Ms, undefined);
  });

  test('combinations that make no sense are refused by name', () => {
    refused({ max: true, rps: 10 }, /--max .* --rps 10/);
    refused({ max: true, trace: true }, /--max .* --trace/);
    refused({ max: true, requests: 'r.txt' }, /--max .* --requests r\.txt/);
    refused({ findMax: true, duration: 5 }, /--find-max .* --step .* --duration/);
    refused({ count: 5, duration: 5 }, /--count 5 .* --duration/);
    refused({ p99: 5 }, /--p99 .* --max-p99.* needs --find-max/);
    refused({ case: 'burst', rps: 5 }, /--case burst .* --rps 5/);
    refused({ requests: 'r.txt', path: '/a' }, /--requests r\.txt .* --path \/a/);
    refused({ adminUrl: 'http://127.0.0.1:1' }, /--admin-url .* needs --url/);
    refused({ url: 'http://127.0.0.1:1/', path: '/a' }, /--path \/a .* --url/);
  });

  test('a server elsewhere needs --yes', () => {
    const url = 'https://redirector.example.com/';
    refused({ url }, /--yes/);
    assert.equal(settingsOf({ url, yes: true }).url, url);
    for (const local of ['http://localhost:1/', 'http://127.9.9.9/', 'http://[::1]:8080/']) {
      assert.ok(isLoopback(local), local);
    }
    for (const far of ['http://127.0.0.1.example.com/', 'http://10.0.0.1/', 'http://localhost@192.0.2.1/']) {
      assert.ok(!isLoopback(far), far);
    }
  });

  test('a duration is seconds, or has a unit', () => {
    for (const [raw, seconds] of [
      ['30', 30],
      ['0.5', 0.5],
      ['30s', 30],
      ['1m', 60],
      ['250ms', 0.25],
    ] as const) {
      assert.equal(runSeconds.parse(raw), seconds);
    }
  });

  test('statuses are shown as they are written', () => {
    assert.equal(statuses.show(statuses.parse('3xx,404')!), '3xx,404');
  });
});

describe('a request', () => {
  test('names its host, path and run', () => {
    const target = targetOf('http://[::1]:8080/a?b=c#d', 'redirector-loadtest/r1');
    assert.equal(target.host, '::1');
    assert.equal(target.port, 8080);
    assert.equal(
      target.requests.toString(),
      'GET /a?b=c HTTP/1.1\r\nHost: [::1]:8080\r\nAccept: */*\r\nUser-Agent: redirector-loadtest/r1\r\n\r\n',
    );
    assert.equal(targetOf('https://example.com/', 'x').port, 443);
  });

  test('of a kind has its headers, and the mark of the run behind its user agent', () => {
    const kinds = [
      { path: '/x', userAgent: 'Mozilla/5.0', headers: [['Host', 'go.example.com']] as const },
      { path: '/y' },
    ];
    const [first, second] = targetOf('http://127.0.0.1:1/', 'mark', kinds).requests.map(String);
    assert.equal(
      first,
      'GET /x HTTP/1.1\r\nAccept: */*\r\nUser-Agent: Mozilla/5.0 mark\r\nHost: go.example.com\r\n\r\n',
    );
    assert.match(second!, /^GET \/y HTTP\/1\.1\r\nHost: 127\.0\.0\.1:1\r\n/);
  });
});

describe('a server of our own', () => {
  test('gets the options in force by environment, whatever they came from, and nothing else', () => {
    const loaded = loadConfig({
      flags: { listeners: 2, 'queue.maxBytes': '8MiB', cacheControl: '' },
      env: {
        REDIRECTOR_BROKERS: 'kafka-1:9092,kafka-2:9093',
        REDIRECTOR_DELIVERY_TIMEOUT: '90s',
        REDIRECTOR_TOPIC: 'clicks',
      },
    });
    const overrides = {
      topic: 'clicks.loadtest.x',
      port: 1234,
      target: 'https://example.com/',
      sink: undefined,
    };
    const inherited = {
      PATH: '/bin',
      REDIRECTOR_CONFIG: 'x.yaml',
      REDIRECTOR_LISTENERS: '9',
      NODE_ENV: 'test',
    };
    const env = serverEnvironment(loaded, overrides, inherited);
    assert.deepEqual(env, {
      PATH: '/bin',
      NODE_ENV: 'test',
      REDIRECTOR_BROKERS: 'kafka-1:9092,kafka-2:9093',
      REDIRECTOR_CACHE_CONTROL: '',
      REDIRECTOR_DELIVERY_TIMEOUT: '90s',
      REDIRECTOR_LISTENERS: '2',
      REDIRECTOR_PORT: '1234',
      REDIRECTOR_QUEUE_MAX_BYTES: '8MiB',
      REDIRECTOR_TARGET: 'https://example.com/',
      REDIRECTOR_TOPIC: 'clicks.loadtest.x',
    });
    const { config } = loadConfig({ env });
    assert.deepEqual(config, {
      ...loaded.config,
      topic: 'clicks.loadtest.x',
      port: 1234,
      target: 'https://example.com/',
    });
  });

  test('is told by no variable of ours what to do', () => {
    assert.deepEqual(withoutOptions({ REDIRECTOR_PORT: 'tcp://10.0.0.1', HOME: '/' }), { HOME: '/' });
  });

  test('that fails is quoted with its problem, not with the hint after it', () => {
    assert.equal(serverProblem(['redirector: The port is taken.', '  Choose another.']), 'The port is taken');
    assert.equal(serverProblem(['some log', 'the end', '']), 'the end');
    assert.equal(serverProblem([]), undefined);
  });
});

test('the name of a temporary topic keeps within the limit of Kafka', () => {
  assert.equal(temporaryTopic('log', 'r1'), 'log.loadtest.r1');
  const long = temporaryTopic('x'.repeat(249), 'r1');
  assert.equal(long.length, 249);
  assert.ok(long.endsWith('.loadtest.r1'));
});

describe('records of a run', () => {
  const record = (run: string, id: string): string =>
    JSON.stringify({ id, user_agent: `redirector-loadtest/${run}` });

  test('are told from others by their user agent, and counted once each', () => {
    const tally = new RecordTally('r1', false);
    const ids = ['b1-0-0', 'b1-0-1', 'b1-1-0', 'b2-0-0', `b1-0-${2 ** 40}`, 'odd', 'b1-0-007', 'b1-0-7'];
    for (const id of ids) tally.add(record('r1', id));
    tally.add(record('r1', 'b1-0-1'));
    tally.add(record('r1', 'odd'));
    tally.add(JSON.stringify({ id: 'b3-0-0', user_agent: 'Mozilla/5.0 redirector-loadtest/r1' }));
    tally.add(JSON.stringify({ id: 'b9-0-9', user_agent: 'no-redirector-loadtest/r1' }));
    tally.add(record('r2', 'b9-0-0'));
    tally.add(record('r12', 'b9-0-1'));
    tally.add('redirector-loadtest/r1');
    tally.add(JSON.stringify({ id: 'b9-0-2', path: '/redirector-loadtest/r1' }));
    tally.add(JSON.stringify(['redirector-loadtest/r1']));
    assert.deepEqual(tally.result(), { found: ids.length + 1, duplicates: 2 });
  });

  test('that were found in two places are told', () => {
    const tallyOf = (...ids: string[]): RecordTally => {
      const tally = new RecordTally('r1', false);
      for (const id of ids) tally.add(record('r1', id));
      return tally;
    };
    const spool = tallyOf('b1-0-7', 'b1-0-8', 'b1-0-9', `b1-0-${2 ** 17}`, 'odd', 'even');
    const topic = tallyOf('b1-0-6', 'b1-0-7', 'b1-0-9', 'b1-1-8', `b1-0-${2 ** 17}`, 'odd');
    assert.equal(spool.sharedWith(topic), 4);
    assert.equal(topic.sharedWith(spool), 4);
  });

  test('that say nothing of the request all count, and duplicates cannot be seen', () => {
    const tally = new RecordTally('r1', true);
    for (let i = 0; i < 3; i++) tally.add('{"remote_address":"127.0.0.1:1"}');
    assert.deepEqual(tally.result(), { found: 3, duplicates: null });
    assert.equal(tally.sharedWith(tally), null);
  });
});

describe('the generator is the limit', () => {
  const load = { cores: 0.3, spacingP99Ms: 1, lagP99Ms: 1, keptUp: true };

  test('when it sent late though a connection was free', () => {
    assert.match(limitOf({ ...load, spacingP99Ms: 80 })!, /80 ms late although a connection was free/);
  });

  test('when the rate was missed while it was busy or behind', () => {
    assert.match(limitOf({ ...load, keptUp: false, cores: 0.97 })!, /0\.97 of the one core/);
    assert.match(limitOf({ ...load, keptUp: false, lagP99Ms: 200 })!, /200 ms behind/);
  });

  test('and not when the rate was missed while it was idle, or reached while it was busy', () => {
    assert.equal(limitOf({ ...load, keptUp: false }), null);
    assert.equal(limitOf({ ...load, cores: 0.97 }), null);
  });
});
