import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { assertPass, environment, loadtest, start } from '../support/loadtest.ts';
import { sharedKafka } from '../support/shared.ts';
import { createTopic, topicsOf } from '../support/topics.ts';
import { waitFor } from '../support/wait-for.ts';

describe('a server at --url', () => {
  test('that is Redirector: its records are found among those of others', async (t) => {
    const { env, temporary } = environment(t);
    const { brokers } = await sharedKafka();
    const topic = await createTopic(brokers, { partitions: 2 });
    const [port, adminPort] = [await freePort(), await freePort()];
    const kafka = ['--brokers', brokers.join(','), '--topic', topic];
    const ports = ['--host', '127.0.0.1', '--port', `${port}`, '--admin-port', `${adminPort}`];
    const target = ['--target', 'https://example.com/', '--spool-path', join(temporary, 'spool.db')];
    const server = start(t, ['serve', ...ports, ...target, ...kafka], env);
    const admin = `http://127.0.0.1:${adminPort}`;
    await waitFor('the server', async () => (await fetch(`${admin}/readyz`)).status === 200);
    const url = `http://127.0.0.1:${port}/`;
    for (let i = 0; i < 5; i++) await fetch(url, { redirect: 'manual' });

    const run = await loadtest(
      t,
      ['--url', url, '--admin-url', admin, ...kafka, '--rps', '300', '--duration', '2'],
      env,
    );
    assertPass(run, 600);
    assert.equal(run.report.reconciled, true);
    assert.equal(run.report.topic?.name, topic);
    assert.equal(run.report.topic?.found, 600);
    assert.equal(run.report.server?.offered, 600);
    assert.ok((await topicsOf(brokers)).includes(topic), 'a topic that was there before stays');
    server.child.kill('SIGTERM');
    assert.equal((await server.ended).code, 0);
  });

  test('that is something else: the verdict rests on the answers', async (t) => {
    const { env } = environment(t);
    const other = createServer((_request, response) => response.writeHead(302, { location: '/' }).end());
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    t.after(() => other.close());
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`;
    const run = await loadtest(t, ['--url', url, '--rps', '200', '--duration', '1'], env);
    assertPass(run, 200);
    assert.equal(run.report.server, null);
    assert.equal(run.report.topic, null);
    assert.equal(run.report.reconciled, null);

    const wrong = await loadtest(
      t,
      ['--url', url, '--rps', '200', '--duration', '1', '--expect', '301'],
      env,
    );
    assert.equal(wrong.code, 1);
    assert.equal(wrong.report.verdict, 'fail');
    assert.ok(wrong.report.reasons.includes('200 of 200 requests failed: 200 status 302.'));
  });

  test('that is not there is an error of its own', async (t) => {
    const { env } = environment(t);
    const { ended } = start(t, ['loadtest', '--url', `http://127.0.0.1:${await freePort()}/`], env);
    const { code, stdout, stderr } = await ended;
    assert.equal(code, 3);
    assert.equal(stdout, '');
    assert.match(stderr, /No answer from .*ECONNREFUSED/);
  });

  test('on another machine needs --yes', async (t) => {
    const { env } = environment(t);
    const { ended } = start(t, ['loadtest', '--url', 'http://192.0.2.1/'], env);
    const { code, stderr } = await ended;
    assert.equal(code, 2);
    assert.match(stderr, /--url http:\/\/192\.0\.2\.1\/ is not on this machine.*--yes/);
  });
});
