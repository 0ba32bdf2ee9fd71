import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { clicksIn } from '../support/clicks.ts';
import { freePort } from '../support/free-port.ts';
import { realPart } from '../support/real-parts.ts';
import { startServer } from '../support/server.ts';
import { sharedKafka } from '../support/shared.ts';
import { exportSpool } from '../support/spool.ts';
import { assertInterrupted, beginDrain, CLICKS, filledSpool } from '../support/spool-drain.ts';
import { createTopic } from '../support/topics.ts';
import { redirector } from '../unit/run-redirector.ts';

describe('spool drain', { skip: await realPart('kafka', 'kcat') }, () => {
  let brokers: string[];
  before(async () => {
    brokers = (await sharedKafka()).brokers;
  });
  const drain = async (path: string, topic: string, ...more: string[]) =>
    redirector(['spool', 'drain', '--brokers', brokers.join(','), ...flags(path, topic, ...more)]);
  const flags = (path: string, topic: string, ...more: string[]) => [
    ...['--spool-path', path, '--topic', topic],
    ...more,
  ];
  const begin = (path: string, topic: string, ...more: string[]) =>
    beginDrain('--brokers', brokers.join(','), ...flags(path, topic, ...more));
  const idsIn = async (topic: string) => (await clicksIn(brokers, topic)).map(({ id }) => id).sort();

  it('sends each record once, says so, and exits 0; a second time there is nothing to do', async () => {
    const [path, topic] = [await filledSpool(), await createTopic(brokers)];
    const ids = (await exportSpool(path)).map(({ id }) => id).sort();
    assert.equal(ids.length, CLICKS);
    const first = await drain(path, topic);
    assert.equal(first.code, 0, first.stderr);
    assert.equal(first.stdout, 'The spool is empty.\n');
    assert.match(first.stderr, new RegExp(`^${CLICKS} records were sent\\.$`, 'm'));
    assert.deepEqual(await idsIn(topic), ids);
    const second = await drain(path, topic, '--json');
    assert.equal(second.code, 0);
    assert.deepEqual(JSON.parse(second.stdout), { path, by: null, delivered: null, rejected: null, left: 0 });
  });

  it('that is killed in the middle loses and doubles nothing: the next one goes on', async () => {
    const [path, topic] = [await filledSpool(), await createTopic(brokers)];
    const ids = (await exportSpool(path)).map(({ id }) => id).sort();
    const killed = begin(path, topic);
    await killed.says('No server has the spool');
    killed.kill('SIGKILL');
    await killed.exited();
    assert.equal((await drain(path, topic)).code, 0);
    assert.deepEqual(await idsIn(topic), ids);
  });

  it('exits 1 at the time-out with what is left, 3 without a broker, 1 without the topic; nothing is lost', async () => {
    const [path, topic] = [await filledSpool(), await createTopic(brokers)];
    const late = await drain(path, topic, '--timeout', '0s', '--json');
    assert.equal(late.code, 1);
    assert.deepEqual(JSON.parse(late.stdout), {
      path,
      by: null,
      delivered: null,
      rejected: null,
      left: CLICKS,
    });
    const away = await redirector(['spool', 'drain', '--brokers', '127.0.0.1:1', ...flags(path, topic)]);
    assert.equal(away.code, 3);
    assert.match(away.stderr, /^redirector: No Kafka broker of 127\.0\.0\.1:1 could be reached: /);
    const noTopic = await drain(path, `${topic}.none`);
    assert.equal(noTopic.code, 1);
    assert.match(noTopic.stderr, /^redirector: Topic ".*\.none" does not exist at /);
    assert.equal((await exportSpool(path)).length, CLICKS);
  });

  it('waits for a server that sends the spool by itself, and refuses where the spool is its log', async () => {
    const [path, topic] = [await filledSpool(), await createTopic(brokers)];
    const log = await startServer({ flags: { target: 'https://example.com/', 'spool.path': path } });
    const refused = await drain(path, topic, '--admin-url', log.adminUrl);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /^redirector: The spool ".*" is the log of the server that runs/m);
    const nobody = await drain(path, topic, '--admin-url', `http://127.0.0.1:${await freePort()}`);
    assert.equal(nobody.code, 3);
    await log.stop();

    const server = await startServer({
      flags: {
        target: 'https://example.com/',
        'spool.path': path,
        brokers: brokers.join(','),
        topic: `${topic}.later`,
      },
    });
    const waiting = begin(path, topic, '--admin-url', server.adminUrl);
    await waiting.says('Its server sends it by itself: waiting until it is empty.');
    const interrupted = begin(path, topic, '--admin-url', server.adminUrl);
    await interrupted.says('Its server sends it by itself');
    await assertInterrupted(interrupted);
    await createTopic(brokers, { name: `${topic}.later` });
    assert.equal((await waiting.exited()).code, 0);
    await server.stop();
    assert.equal((await idsIn(`${topic}.later`)).length, CLICKS);
  });
});
