import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer as createNetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { CommandEntry } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands.ts';
import { version } from '../../src/version.ts';
import { bin, redirector } from './run-redirector.ts';

const folder = mkdtempSync(join(tmpdir(), 'redirector-cli-'));
after(() => rmSync(folder, { recursive: true }));

async function paths(entries: readonly CommandEntry[], parent: readonly string[] = []): Promise<string[][]> {
  const all: string[][] = [];
  for (const entry of entries) {
    const path = [...parent, entry.name];
    const loaded = await entry.load();
    all.push(path);
    if (loaded.kind === 'group') all.push(...(await paths(loaded.commands, path)));
  }
  return all;
}

const allPaths = await paths(commands);

/** A usage error: exit 2, nothing on standard output, sentences and a hint on standard error. */
async function usageError(...args: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await redirector(args);
  assert.equal(code, 2, stderr);
  assert.equal(stdout, '');
  const lines = stderr.trimEnd().split('\n');
  assert.match(lines.pop()!, /^ {2}[A-Z].*\.$/);
  for (const line of lines) assert.ok(line.startsWith('redirector: '), line);
  return lines.map((line) => line.slice('redirector: '.length));
}

describe('--help', () => {
  it('lists every command and goes to standard output', async () => {
    const { code, stdout, stderr } = await redirector(['--help']);
    assert.equal(code, 0);
    assert.equal(stderr, '');
    for (const { name, describe: sentence } of commands) {
      assert.ok(stdout.includes(`redirector ${name} `), name);
      assert.ok(stdout.includes(sentence), sentence);
    }
  });

  for (const path of allPaths) {
    it(`of ${path.join(' ')} has its name, --help itself, and no stack`, async () => {
      const { code, stdout, stderr } = await redirector([...path, '--help']);
      assert.equal(stderr, '');
      assert.equal(code, 0);
      assert.ok(stdout.startsWith(`redirector ${path.join(' ')}`), stdout);
      assert.match(stdout, /--help/);
      assert.match(stdout, /--config/);
    });
  }

  it('of a command groups the options, with their defaults and examples', async () => {
    const { stdout } = await redirector(['serve', '--help']);
    assert.match(stdout, /^Kafka:$/m);
    assert.match(stdout, /--queue-max-bytes .*\n?.*\[default: 64MiB\]/);
    assert.match(stdout, /^Examples:$/m);
  });

  it('and --version load none of the heavy packages', async () => {
    const spy = join(folder, 'spy.mjs');
    writeFileSync(
      spy,
      `import { registerHooks } from 'node:module';
       const seen = [];
       registerHooks({ load(url, context, next) { seen.push(url); return next(url, context); } });
       process.on('exit', () => process.stderr.write(seen.join('\\n')));`,
    );
    for (const args of [['--help'], ['serve', '--help'], ['--version'], ['config', 'check']]) {
      const { stderr } = await redirector(args, { nodeArguments: ['--import', pathToFileURL(spy).href] });
      assert.match(stderr, /src\/cli\/main\.ts/);
      assert.doesNotMatch(stderr, /node_modules\/(kafkajs|express|autocannon|@opentelemetry|pino)\//);
    }
  });

  it('is what help means: of everything, of a command, of a subcommand; a misspelt one is named', async () => {
    assert.match((await redirector(['help'])).stdout, /^redirector <command>/);
    assert.match(
      (await redirector(['help', 'topics', 'create'])).stdout,
      /^redirector topics create \[topic\]/,
    );
    assert.deepEqual(await usageError('help', 'topics', 'crate'), [
      'Unknown command "crate". Did you mean create?',
    ]);
  });

  it('is what -h means, and --version prints the version alone', async () => {
    assert.match((await redirector(['-h'])).stdout, /^redirector <command>/);
    assert.equal((await redirector(['--version'])).stdout, `${version()}\n`);
  });
});

describe('a mistake on the command line', () => {
  it('in a command comes with the nearest one', async () => {
    assert.deepEqual(await usageError('serv'), ['Unknown command "serv". Did you mean serve?']);
    assert.deepEqual(await usageError('topics', 'lst'), ['Unknown command "lst". Did you mean list?']);
  });
  it('in a command that is like none lists them', async () => {
    assert.match(
      (await usageError('topics', 'frobnicate'))[0]!,
      /redirector topics has create, list, describe, alter, delete\.$/,
    );
  });
  it('of no command at all lists them', async () => {
    assert.match((await usageError())[0]!, /^Which command\? redirector has serve, /);
    assert.match(
      (await usageError('config'))[0]!,
      /^Which command\? redirector config has init, print, check\.$/,
    );
  });
  it('in flags: every one is named, with the nearest right one', async () => {
    assert.deepEqual(await usageError('config', 'print', '--prot', '80', '--port=1', '--port=2', '-x'), [
      'Unknown flag --prot. Did you mean --port?',
      '--port is given more than once.',
      'Unknown flag -x.',
    ]);
  });
  it('flags have one name, not those that yargs would make up', async () => {
    for (const flag of ['--queueMaxBytes=1MiB', '--no-tls-enabled', '--queue.maxBytes=1MiB']) {
      assert.match((await usageError('config', 'print', flag))[0]!, /^Unknown flag /);
    }
  });
  it('a flag that another command has is unknown to this one', async () => {
    assert.match((await usageError('topics', 'list', '--queue-max-bytes', '1MiB'))[0]!, /^Unknown flag/);
  });
  it('a flag without its value says so', async () => {
    for (const args of [['--port'], ['--port', '--json'], ['--target', '-foo']]) {
      assert.match((await usageError('config', 'print', ...args))[0]!, /needs a value/);
    }
  });
  it('a switch with a value that is none says so', async () => {
    assert.match((await usageError('config', 'print', '--tls-enabled=maybe'))[0]!, /is a switch/);
  });
  it('an argument too many says so, also behind --', async () => {
    assert.deepEqual(await usageError('serve', 'now'), ['Unexpected argument "now".']);
    assert.deepEqual(await usageError('config', 'print', '--', '--port'), ['Unexpected argument "--port".']);
  });
  it("in a command's own options: every one is named", async () => {
    const problems = await usageError('topics', 'create', 'a b', '--partitions', '0', '--retention', '7');
    assert.equal(problems.length, 3);
    assert.equal(problems[0], '--partitions: "0" is not a whole number from 1 to 10000.');
    assert.match(problems[2]!, /^topic: "a b" is not a Kafka topic name/);
  });
});

describe('a value', () => {
  it('may be negative, empty, or begin with a dash behind "="', async () => {
    const { stdout } = await redirector([
      'config',
      'print',
      '--json',
      '--cache-control=',
      '--record-async-param=-x',
    ]);
    const { cacheControl, 'record.asyncParam': param } = JSON.parse(stdout);
    assert.deepEqual([cacheControl.value, param.value], ['', '-x']);
    assert.match((await usageError('config', 'print', '--port', '-1'))[0]!, /^port: "-1" is not/);
  });
  it('stays text until the option reads it', async () => {
    const { stdout } = await redirector(['config', 'print', '--json', '--record-async-param', '007']);
    assert.equal(JSON.parse(stdout)['record.asyncParam'].value, '007');
  });
  it('of --brokers may come in several', async () => {
    const { stdout } = await redirector([
      'config',
      'print',
      '--json',
      '--brokers=a:1,b:2',
      '--brokers',
      'c:3',
    ]);
    assert.deepEqual(JSON.parse(stdout).brokers.value, ['a:1', 'b:2', 'c:3']);
  });
});

describe('config print', () => {
  it('shows the value in force and where it came from, in columns or as one JSON document', async () => {
    const file = join(folder, 'print.yaml');
    writeFileSync(file, 'linger: 20ms\n');
    const env = { REDIRECTOR_TOPIC: 'clicks' };
    const args = ['config', 'print', '--config', file, '--port', '81'];
    const plain = await redirector(args, { env });
    assert.equal(plain.code, 0);
    assert.match(plain.stdout, /^port +81 +flag$/m);
    assert.match(plain.stdout, /^topic +clicks +environment$/m);
    assert.match(plain.stdout, /^linger +20ms +file$/m);
    assert.match(plain.stdout, /^acks +all +default$/m);
    const json = JSON.parse((await redirector([...args, '--json'], { env })).stdout);
    assert.deepEqual(json.linger, { value: 20, text: '20ms', from: 'file' });
  });
  it('shows the ratio that OTEL_TRACES_SAMPLER asks for where that is set, as it wins', async () => {
    const env = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' };
    const { stdout } = await redirector(['config', 'print', '--telemetry-sample-ratio', '1'], { env });
    assert.match(stdout, /^telemetry\.sampleRatio +0\.25 +OTEL_TRACES_SAMPLER$/m);
    const unknown = { OTEL_TRACES_SAMPLER: 'jaeger_remote' };
    const { stdout: ours } = await redirector(['config', 'print'], { env: unknown });
    assert.match(ours, /^telemetry\.sampleRatio +0\.01 +default$/m);
  });
  it('hides secrets, whatever the format', async () => {
    const env = { REDIRECTOR_ADMIN_TOKEN: 'hunter2' };
    for (const args of [
      ['config', 'print'],
      ['config', 'print', '--json'],
    ]) {
      const { stdout, stderr } = await redirector(args, { env });
      assert.match(stdout, /\(set\)/);
      assert.doesNotMatch(stdout + stderr, /hunter2/);
    }
  });
  it('puts the notice about ignored variables on standard error, once', async () => {
    const env = { REDIRECTOR_PORT: 'tcp://10.0.0.1:80' };
    const { code, stdout, stderr } = await redirector(['config', 'print', '--json'], { env });
    assert.equal(code, 0);
    assert.equal(JSON.parse(stdout).port.value, 8080);
    assert.match(stderr, /^redirector: Ignored REDIRECTOR_PORT: [^\n]*\n$/);
  });
  it('has no colours where its output is no terminal', async () => {
    assert.ok(!(await redirector(['config', 'print'])).stdout.includes('\x1b'));
  });
  it('ends quietly when nobody reads on', async () => {
    const { code, stderr } = await redirector(['config', 'print'], { closeStdout: true });
    assert.equal(stderr, '');
    assert.equal(code, 0);
  });
});

describe('config check', () => {
  it('tells with --rate how long the queue lasts, and what few partitions with slow acks can carry', async () => {
    const kafka = ['--target', 'http://a.example/', '--brokers', 'kafka:9092', '--rate', '15000'];
    const few = await redirector(['config', 'check', ...kafka, '--partitions', '1', '--ack-time', '500ms']);
    assert.equal(few.code, 0, few.stderr);
    // 256 slabs of 748 records of 350 bytes; one batch of 748 every half second.
    assert.match(few.stdout, /^queue: .* full after 12\.8 s at 15,000 records a second$/m);
    assert.match(
      few.stdout,
      /^kafka: at most 1,496 records a second on 1 partition .*\(too little: add partitions\)$/m,
    );
    const { capacity } = JSON.parse((await redirector(['config', 'check', ...kafka, '--json'])).stdout);
    assert.deepEqual(Object.keys(capacity), ['recordsPerSecond', 'queueSeconds', 'kafkaRecordsPerSecond']);
    assert.equal(capacity.kafkaRecordsPerSecond, (12 * 748 * 1000) / 10);
  });

  it('says ok and exits 0 where a server could start', async () => {
    const { code, stdout, stderr } = await redirector([
      'config',
      'check',
      '--target',
      'https://example.com/',
    ]);
    assert.deepEqual([code, stdout, stderr], [0, 'ok\n', '']);
  });
  it('names every mistake and exits 1 where not', async () => {
    const { code, stdout, stderr } = await redirector(['config', 'check', '--port', 'x', '--linger', '1']);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.equal(stderr.match(/^redirector: /gm)?.length, 3, stderr);
  });
  it('with --json prints one document either way', async () => {
    const no = await redirector(['config', 'check', '--json']);
    assert.equal(no.code, 1);
    assert.equal(no.stderr, '');
    const { ok, code, problems } = JSON.parse(no.stdout);
    assert.deepEqual([ok, code, problems.length], [false, 'CONFIG_INVALID', 1]);
    const yes = await redirector(['config', 'check', '--json', '--target', 'http://a/']);
    assert.deepEqual(JSON.parse(yes.stdout), { ok: true, problems: [] });
  });
});

describe('errors', () => {
  it('exit with the code of the catalogue', async () => {
    assert.equal((await redirector(['serve'])).code, 2);
    assert.equal((await redirector(['serve', '--config', '/nope', '--target', 'http://a/'])).code, 2);
    assert.equal((await redirector(['topics', 'list'])).code, 2);
    assert.equal((await redirector(['topics', 'list', '--brokers', '127.0.0.1:1'])).code, 3);
  });
  it('have a stack only with --debug', async () => {
    const args = ['config', 'check', '--config', join(folder, 'missing.yaml')];
    assert.doesNotMatch((await redirector(args)).stderr, /^ +at /m);
    assert.match((await redirector([...args, '--debug'])).stderr, /^ +at /m);
  });
  it('that nobody foresaw exit 70, ask for a report, and have no stack either', async (t) => {
    const silent = createNetServer();
    const port = await new Promise<number>((resolve) => {
      silent.listen(0, '127.0.0.1', () => resolve((silent.address() as AddressInfo).port));
    });
    t.after(() => silent.close());
    const fault = `data:text/javascript,setInterval(() => {
      if (process.listenerCount('uncaughtException') > 0) throw new TypeError('boom');
    }, 5).unref()`;
    const args = ['status', '--admin-url', `http://127.0.0.1:${port}`];
    const { code, stderr } = await redirector(args, { nodeArguments: ['--import', fault] });
    assert.equal(code, 70);
    assert.match(stderr, /^redirector: This is a bug in Redirector: boom\.\n {2}Please report it [^\n]*\n$/);
  });
  it('without brokers say how to give them', async () => {
    const { stderr } = await redirector(['topics', 'create']);
    assert.match(stderr, /^redirector: No Kafka brokers are given\.\n {2}Name them with --brokers /);
  });
  it('of TLS files name each file', async () => {
    const tls = ['--tls-enabled', '--tls-ca', join(folder, 'no.pem'), '--tls-cert', bin, '--tls-key', bin];
    const problems = await usageError('topics', 'list', '--brokers', '127.0.0.1:1', ...tls);
    assert.equal(problems.length, 3);
    assert.match(problems[0]!, /^tls\.ca: the file ".*no\.pem" cannot be read: no such file or directory\.$/);
    assert.match(problems[1]!, /^tls\.cert: the file ".*" is not PEM\.$/);
  });
});

describe('completion', () => {
  it('prints a script', async () => {
    const { code, stdout } = await redirector(['completion'], { env: { SHELL: '/bin/bash' } });
    assert.equal(code, 0);
    assert.match(stdout, /redirector --get-yargs-completions/);
  });
  it('knows commands and flags', async () => {
    const complete = async (...words: string[]) =>
      (await redirector(['--get-yargs-completions', 'redirector', ...words])).stdout.split('\n');
    assert.ok((await complete('top')).includes('topics'));
    assert.ok((await complete('topics', 'cr')).includes('create'));
    assert.ok((await complete('serve', '--po')).includes('--port'));
  });
});
