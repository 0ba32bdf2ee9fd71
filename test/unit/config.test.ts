import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { type ConfigSources, loadConfig } from '../../src/config.ts';
import { RedirectorError } from '../../src/errors.ts';
import { type OptionKey, optionKeys } from '../../src/options.ts';

const folder = mkdtempSync(join(tmpdir(), 'redirector-config-'));
after(() => rmSync(folder, { recursive: true }));

let files = 0;
function file(content: string): string {
  const path = join(folder, `${++files}.yaml`);
  writeFileSync(path, content);
  return path;
}

/** The error that loading throws, with one problem a line. */
function failure(sources: ConfigSources): RedirectorError & { problems: string[] } {
  try {
    loadConfig(sources);
  } catch (error) {
    assert.ok(error instanceof RedirectorError);
    return Object.assign(error, { problems: error.message.split('\n') });
  }
  return assert.fail('it was accepted');
}

describe('where a value comes from', () => {
  const path = file('port: 1001\nhost: 10.0.0.1\nqueue:\n  maxBytes: 1MiB\ntimeout.read: 3s\n');
  const loaded = loadConfig({
    file: path,
    env: { REDIRECTOR_PORT: '1002', REDIRECTOR_HOST: '10.0.0.2' },
    flags: { port: '1003' },
  });
  it('flags win over the environment, it over the file, and that over defaults', () => {
    assert.equal(loaded.config.port, 1003);
    assert.equal(loaded.config.host, '10.0.0.2');
    assert.equal(loaded.config['queue.maxBytes'], 2 ** 20);
    assert.equal(loaded.config['admin.port'], 8081);
    const { port, host, 'queue.maxBytes': maxBytes, 'admin.port': adminPort } = loaded.origins;
    assert.deepEqual([port, host, maxBytes, adminPort], ['flag', 'environment', 'file', 'default']);
  });
  it('nested and dotted keys of a file are the same', () => {
    assert.equal(loaded.config['timeout.read'], 3000);
  });
  it('the file is named by REDIRECTOR_CONFIG where --config is not given', () => {
    assert.equal(loadConfig({ env: { REDIRECTOR_CONFIG: path } }).config.port, 1001);
    assert.equal(loadConfig({ env: { REDIRECTOR_CONFIG: '/nope' }, file: path }).config.port, 1001);
  });
  it('JSON is read as well as YAML, and an empty file sets nothing', () => {
    assert.equal(
      loadConfig({ file: file('{"queue": {"maxBytes": "2MiB"}}') }).config['queue.maxBytes'],
      2 ** 21,
    );
    assert.equal(loadConfig({ file: file('') }).config.port, 8080);
    assert.equal(loadConfig({ file: file('port:\n') }).origins.port, 'default');
  });
  it('a list of brokers in a file is a list', () => {
    const { config } = loadConfig({ file: file('brokers: [a:1, b:2]') });
    assert.deepEqual(config.brokers, ['a:1', 'b:2']);
  });
  it('the configuration is frozen', () => {
    assert.ok(Object.isFrozen(loaded.config));
  });
});

describe('defaults that depend on others', () => {
  it('records go to Kafka where brokers are given, else to the spool', () => {
    assert.equal(loadConfig({}).config.sink, 'spool');
    assert.equal(loadConfig({ flags: { brokers: 'a:1' } }).config.sink, 'kafka');
    assert.equal(loadConfig({ flags: { brokers: 'a:1', sink: 'stdout' } }).config.sink, 'stdout');
  });
  it('a full spool drops the oldest where it is the log, else the newest', () => {
    assert.equal(loadConfig({}).config['spool.whenFull'], 'drop_oldest');
    assert.equal(loadConfig({ flags: { brokers: 'a:1' } }).config['spool.whenFull'], 'drop_newest');
  });
});

describe('mistakes', () => {
  it('are all named at once, each with its value and where it came from', () => {
    const path = file('port: http\nlinger: soon\n');
    const { code, exit, problems } = failure({
      file: path,
      env: { REDIRECTOR_STATUS: '200' },
      flags: { compression: 'rar' },
      requireTarget: true,
    });
    assert.equal(code, 'CONFIG_INVALID');
    assert.equal(exit, 2);
    assert.deepEqual(problems.sort(), [
      'Neither target nor rules is given: say where to redirect with --target URL or --rules FILE.',
      'compression: "rar" is not one of none, gzip, zstd (flag --compression).',
      `linger: "soon" is not a time with its unit, such as 250ms, 2s or 1m (ms, s, m, h, d) (file ${path}).`,
      `port: "http" is not a whole number from 0 to 65535 (file ${path}).`,
      'status: "200" is not one of 301, 302, 303, 307, 308 (environment variable REDIRECTOR_STATUS).',
    ]);
  });
  it('in a name come with the nearest right one', () => {
    const { problems } = failure({
      file: file('queue: {maxbytes: 1MiB}\nnothing-like-it: 1'),
      env: { REDIRECTOR_TARGT: 'x' },
    });
    assert.match(
      problems[0]!,
      /^queue\.maxbytes is not an option \(file .*\)\. Did you mean queue\.maxBytes\?$/,
    );
    assert.match(problems[1]!, /^nothing-like-it is not an option \(file .*\)\.$/);
    assert.match(problems[2]!, /^REDIRECTOR_TARGT is not an option .* Did you mean REDIRECTOR_TARGET\?$/);
  });
  it('never show a secret', () => {
    for (const sources of [
      { env: { REDIRECTOR_ADMIN_TOKEN: '' } },
      { file: file('admin.token: [hunter2]') },
      { flags: { 'sasl.password': ['hunter2', 'hunter3'] } },
      { flags: { 'sasl.password': 'hunter2' } },
    ]) {
      assert.doesNotMatch(failure(sources).message, /hunter/);
    }
  });
  it('name a token file that cannot be read, or holds something else, and show nothing of it', () => {
    for (const [text, reason] of [
      ['', /holds? one line/],
      ['hunter2 hunter3', /holds? one line/],
      ['hunter2\n\n', /holds? one line/],
    ] as const) {
      const { problems, message } = failure({ flags: { 'admin.tokenFile': file(text) } });
      assert.match(problems[0]!, reason);
      assert.doesNotMatch(message, /hunter/);
    }
    const { problems } = failure({ flags: { 'admin.tokenFile': '/no/such/file' } });
    assert.match(problems[0]!, /^admin\.tokenFile: the file "\/no\/such\/file" cannot be read: no such file/);
  });
  it('a flag given twice is named', () => {
    assert.deepEqual(failure({ flags: { port: ['1', '2'] } }).problems, [
      'port is given more than once (flag --port).',
    ]);
  });
  it('a value that could not be read makes no second complaint', () => {
    assert.equal(failure({ flags: { 'request.timeout': 'x', 'delivery.timeout': '1s' } }).problems.length, 1);
  });
});

describe('the file', () => {
  it('that is missing is named', () => {
    const { code, message } = failure({ file: join(folder, 'missing.yaml') });
    assert.equal(code, 'CONFIG_FILE_UNREADABLE');
    assert.equal(
      message,
      `The configuration file "${join(folder, 'missing.yaml')}" cannot be read: no such file or directory.`,
    );
  });
  it('that is a directory is named', () => {
    assert.equal(failure({ file: folder }).code, 'CONFIG_FILE_UNREADABLE');
  });
  it('with a syntax error is named with its line', () => {
    const { code, message } = failure({ file: file('port: 1\nhost: "open\n') });
    assert.equal(code, 'CONFIG_FILE_SYNTAX');
    assert.match(message, /line [23], column \d+\.$/);
  });
  it('with a key given twice is a syntax error', () => {
    assert.equal(failure({ file: file('port: 1\nport: 2\n') }).code, 'CONFIG_FILE_SYNTAX');
  });
  it('whose top level is no map is refused', () => {
    assert.match(failure({ file: file('- port: 1') }).message, /the top level is not a map/);
    assert.match(failure({ file: file('"port"') }).message, /the top level is not a map/);
  });
});

describe('what Kubernetes injects for a Service named redirector', () => {
  const injected = {
    REDIRECTOR_PORT: 'tcp://10.0.0.1:80',
    REDIRECTOR_SERVICE_HOST: '10.0.0.1',
    REDIRECTOR_SERVICE_PORT: '80',
    REDIRECTOR_SERVICE_PORT_HTTP: '80',
    REDIRECTOR_PORT_80_TCP: 'tcp://10.0.0.1:80',
    REDIRECTOR_PORT_80_TCP_PROTO: 'tcp',
    REDIRECTOR_PORT_80_TCP_PORT: '80',
    REDIRECTOR_PORT_80_TCP_ADDR: '10.0.0.1',
    REDIRECTOR_ADMIN_SERVICE_HOST: '10.0.0.2',
    REDIRECTOR_ADMIN_PORT: 'tcp://10.0.0.2:8081',
  };
  it('is ignored with one notice that names all of it', () => {
    const { config, notices, origins } = loadConfig({ env: injected });
    assert.equal(config.port, 8080);
    assert.equal(config['admin.port'], 8081);
    assert.equal(origins.port, 'default');
    assert.equal(notices.length, 1);
    for (const name of Object.keys(injected)) assert.ok(notices[0]!.includes(name), name);
  });
  it('does not hide a real setting', () => {
    const { config, notices } = loadConfig({ env: { REDIRECTOR_PORT: '81' } });
    assert.equal(config.port, 81);
    assert.deepEqual(notices, []);
  });
});

describe('combinations that cannot work', () => {
  type Flags = Partial<Record<OptionKey, string>>;
  const tls = { 'tls.enabled': 'true', brokers: 'a:1' };
  const oauth = {
    'sasl.mechanism': 'oauthbearer',
    'sasl.oauth.tokenEndpoint': 'http://a/token',
    'sasl.oauth.clientId': 'a',
    'sasl.oauth.clientSecret': 'b',
  };
  const cases: [Flags, RegExp][] = [
    [{ target: undefined as never }, /^Neither target nor rules is given/],
    [{ sink: 'kafka' }, /^sink is kafka but no brokers are given/],
    [{ 'signing.keys': 'keys.yaml' }, /^signing\.keys is given without rules/],
    [{ 'proxy.countryHeader': 'x' }, /^proxy\.countryHeader is given without proxy\.trusted/],
    [{ 'proxy.protocol': 'on' }, /^proxy\.protocol is on without proxy\.trusted/],
    [{ 'https.cert': 'a.pem' }, /^https\.cert and https\.key are given together/],
    [{ 'limit.urlBytes': '17KiB' }, /^limit\.urlBytes \(17408 B\) is more than limit\.headerBytes/],
    [{ 'queue.overflow': 'spool' }, /^queue.overflow is spool but sink is spool/],
    [{ 'admin.host': '0.0.0.0' }, /^admin\.host 0\.0\.0\.0 can be reached by others/],
    [{ 'admin.token': 'x', 'admin.tokenFile': 'token' }, /^admin\.token and admin\.tokenFile are both given/],
    [{ 'health.host': '0.0.0.0' }, /^health\.host is given without health\.port/],
    [{ 'health.metrics': 'true' }, /^health\.metrics is on but there is no health port/],
    [{ 'queue.maxBytes': '1MiB', listeners: '3' }, /^queue\.maxBytes holds 4 slabs .* at least 1536KiB/],
    [{ 'record.key': 'rule' }, /^record\.key is given without record\.partitions/],
    [
      { 'record.key': 'field:user', 'record.fields': 'id=query:id', 'record.partitions': '4' },
      /^record\.key is field:user, and no record has that field: id, host, path, remote_address can be/,
    ],
    [{ idempotence: 'on', acks: '1' }, /^idempotence is on but acks is 1/],
    [{ 'request.timeout': '5s', 'delivery.timeout': '5s' }, /^request\.timeout \(5000 ms\) must be shorter/],
    [{ linger: '2m' }, /^linger \(120000 ms\) must be shorter/],
    [{ 'sasl.mechanism': 'plain', 'sasl.username': 'a' }, /^sasl\.mechanism plain needs/],
    [{ 'sasl.password': 'a' }, /^sasl\.password is given without sasl\.mechanism \(plain, /],
    [{ 'sasl.oauth.scope': 'a' }, /^sasl\.oauth\.scope is only for sasl\.mechanism oauthbearer/],
    [{ ...oauth, 'sasl.username': 'a' }, /^sasl\.mechanism oauthbearer takes no sasl\.username/],
    [{ 'sasl.mechanism': 'oauthbearer', 'sasl.oauth.clientId': 'a' }, /^sasl\.mechanism oauthbearer needs/],
    [{ ...oauth, 'sasl.oauth.provider': './a.mjs' }, /^sasl\.oauth\.provider gives the tokens, so/],
    [{ ...oauth, 'sasl.oauth.tokenEndpoint': 'http://u:p@a/' }, /^sasl\.oauth\.tokenEndpoint has a user/],
    [{ ...tls, 'tls.cert': 'a.pem' }, /^tls\.cert and tls\.key go together/],
    [{ 'tls.ca': 'a.pem' }, /^tls\.ca or tls\.cert is given but tls\.enabled is false/],
    [{ 'timeout.idle': '0' }, /^timeout\.idle must be more than 0/],
    [{ port: '8081', host: '127.0.0.1' }, /^port and admin\.port are both 8081/],
    [{ 'health.port': '8080' }, /^port and health\.port are both 8080/],
  ];
  for (const [flags, sentence] of cases) {
    it(`${JSON.stringify(flags)} is refused in one sentence`, () => {
      const { problems } = failure({ flags: { target: 'http://a/', ...flags }, requireTarget: true });
      assert.equal(problems.length, 1, problems.join('\n'));
      assert.match(problems[0]!, sentence);
    });
  }
  it('have a case here for each check', () => {
    const source = readFileSync(new URL('../../src/config-checks.ts', import.meta.url), 'utf8');
    const checks = source.match(/^ +refuse\(/gm)?.length;
    // One loop holds both cases about ports, and the platform has a test of its own below.
    assert.equal(new Set(cases.map(([, sentence]) => sentence.source)).size, checks);
  });
  it('more lanes than the queue has room for are refused with what would do', () => {
    const flags = { 'record.key': 'rule', 'record.partitions': '100', listeners: '2' };
    assert.deepEqual(failure({ flags }).problems, [
      'queue.maxBytes holds 256 slabs of 256KiB, but each of 2 listeners (option listeners) needs two for each of its 101 lanes (from record.partitions 100): give at least 103424KiB.',
    ]);
    loadConfig({ flags: { ...flags, 'queue.maxBytes': '103424KiB' } });
    loadConfig({ flags: { ...flags, listeners: '1' } });
  });
  it('several listeners where a port cannot be shared are refused', (t) => {
    t.mock.property(process, 'platform', 'darwin');
    assert.throws(
      () => loadConfig({ flags: { listeners: '2' } }),
      /listeners is 2, but darwin does not let several threads listen on one port: use 1\./,
    );
    assert.equal(loadConfig({ flags: { listeners: 'auto' } }).config.listeners, 'auto');
  });
  for (const flags of [
    { 'admin.host': '0.0.0.0', 'admin.token': 'x' },
    { 'admin.host': '127.0.0.2' },
    { 'admin.host': '::1' },
    { port: '8081', host: '127.0.0.2' },
    { port: '0', 'admin.port': '0', 'health.port': '0' },
    { ...tls, 'tls.cert': 'a.pem', 'tls.key': 'b.pem' },
    { ...oauth, 'sasl.oauth.scope': 'kafka' },
    { 'sasl.mechanism': 'oauthbearer', 'sasl.oauth.provider': './a.mjs' },
    { listeners: 'auto', 'queue.maxBytes': '512KiB' },
    { 'record.key': 'field:host', 'record.partitions': '12' },
    { 'record.key': 'field:user', 'record.fields': 'user=query:user', 'record.partitions': '12' },
  ] satisfies Flags[]) {
    it(`${JSON.stringify(flags)} can work`, () => {
      loadConfig({ flags });
    });
  }
});

it('every option has a value and an origin', () => {
  const { config, origins } = loadConfig({});
  assert.deepEqual(Object.keys(config).sort(), [...optionKeys].sort());
  assert.deepEqual(Object.keys(origins).sort(), [...optionKeys].sort());
});
