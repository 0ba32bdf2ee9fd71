import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { before, describe, it } from 'node:test';
import { partitionOf } from '../../src/server/queue/murmur2.ts';
import { temporaryDirectory } from '../support/guarded.ts';
import { ask } from '../support/http-client.ts';
import { javaPlacement } from '../support/java-placement.ts';
import { serve } from '../support/kafka-server.ts';
import { type KcatRecord, kcatConsume } from '../support/kcat.ts';
import { realPart } from '../support/real-parts.ts';
import { sharedKafka } from '../support/shared.ts';
import { createTopic } from '../support/topics.ts';

const PARTITIONS = 6;

describe('records with keys and topics', { skip: await realPart('kafka', 'kcat') }, () => {
  let brokers: string[];
  before(async () => {
    ({ brokers } = await sharedKafka());
  });

  it('are placed as the Java client places them: thousands of keys, of any bytes and length', async () => {
    const words = ['', 'ü', '☃️ snow', '鍵', '\u{1f511}', 'a', 'ab', 'abc', 'abcd'].map((word) =>
      Buffer.from(word),
    );
    const counted = Array.from({ length: 3000 }, (_, n) => Buffer.from(`key-${n}`.repeat(1 + (n % 5))));
    const bytes = Array.from({ length: 256 }, (_, n) => Buffer.alloc(1 + (n % 9), n));
    const keys = [...words, ...counted, ...bytes];
    const counts = [1, 3, 12, 1000];
    const ours = keys.map((key) => counts.map((count) => partitionOf(key, count)));
    assert.deepEqual(ours, await javaPlacement(keys, counts));
  });

  it('land where the Java client would put them, and each rule has its topic; one that is missing holds up no other', async () => {
    const clicks = await createTopic(brokers, { partitions: PARTITIONS });
    const orders = await createTopic(brokers, { partitions: PARTITIONS / 2 });
    const missing = `${orders}.missing`;
    const rules = join(temporaryDirectory('lanes'), 'rules.json');
    const target = 'https://example.com/';
    writeFileSync(
      rules,
      JSON.stringify({
        rules: [
          { prefix: '/c', target },
          { prefix: '/o', target, topic: orders },
          { prefix: '/m', target, topic: missing },
        ],
      }),
    );
    await using server = await serve({
      brokers: brokers.join(','),
      topic: clicks,
      rules,
      'record.fields': 'user=query:user',
      'record.key': 'field:user',
      'record.partitions': PARTITIONS,
    });
    const users = Array.from({ length: 40 }, (_, n) => `user-${n}-ü`);
    for (const user of users) {
      for (const path of ['/c', '/o', '/m'])
        await ask(`${server.url}${path}?user=${encodeURIComponent(user)}`);
    }
    await ask(`${server.url}/c/without`);
    await server.waitForStats('deliveries', ({ ledger }) => ledger.delivered === 81);
    const { sink } = await server.waitForStats('the trouble', (stats) => stats.sink.state === 'degraded');
    assert.ok(sink.lastError?.startsWith(`Topic "${missing}" does not exist`), sink.lastError ?? '');

    const keyed = (records: readonly KcatRecord[]) => records.filter(({ key }) => key !== null);
    for (const [topic, partitions] of [
      [clicks, PARTITIONS],
      [orders, PARTITIONS / 2],
    ] as const) {
      const records = keyed(await kcatConsume(brokers, topic));
      assert.equal(records.length, users.length);
      const java = await javaPlacement(
        records.map(({ key }) => key!),
        [partitions],
      );
      assert.deepEqual(
        records.map(({ partition }) => [partition]),
        java,
        topic,
      );
    }
    const [without] = (await kcatConsume(brokers, clicks)).filter(({ key }) => key === null);
    assert.equal(JSON.parse(without!.value!.toString()).path, '/c/without');

    await createTopic(brokers, { name: missing, partitions: 1 });
    await server.waitForStats('the rest', ({ ledger }) => ledger.delivered === 121);
    assert.equal(keyed(await kcatConsume(brokers, missing)).length, users.length);
  });

  it('go from the spool to the topics and partitions that its rows name; from one of format 2 to the topic of the options', async () => {
    const clicks = await createTopic(brokers, { partitions: 4 });
    const orders = await createTopic(brokers, { partitions: 4 });
    const directory = temporaryDirectory('lanes');
    for (const format of [2, 3]) {
      const dump = readFileSync(new URL(`../cases/spool/format-${format}.sql`, import.meta.url), 'utf8');
      const spool = join(directory, `${format}.db`);
      const db = new DatabaseSync(spool);
      db.exec(dump.replaceAll("'orders'", `'${orders}'`));
      db.close();
      await using server = await serve({ brokers: brokers.join(','), topic: clicks, 'spool.path': spool });
      await server.waitForStats('deliveries', ({ ledger }) => ledger.delivered === 2);
    }
    const found = async (topic: string) =>
      (await kcatConsume(brokers, topic))
        .map(({ key, partition, value }) => {
          const { path } = JSON.parse(value!.toString());
          return key === null ? path : `${path} with key ${key} in ${partition}`;
        })
        .sort();
    const placed = (key: string) => `${key} with key ${key} in ${partitionOf(Buffer.from(key), 4)}`;
    assert.deepEqual(await found(clicks), ['/autumn', '/spring', placed('/spring')]);
    assert.deepEqual(await found(orders), [placed('/autumn')]);
  });

  it('with click_id: each record has one, which is its key, and the one in the location where that has one', async () => {
    const topic = await createTopic(brokers, { partitions: 2 });
    const rules = join(temporaryDirectory('lanes'), 'rules.json');
    writeFileSync(
      rules,
      JSON.stringify({
        rules: [
          { path: '/with', target: 'https://example.com/?id={click_id}' },
          { path: '/without', target: 'https://example.com/' },
        ],
      }),
    );
    const keys = { 'record.key': 'click_id', 'record.partitions': 2 };
    await using server = await serve({ brokers: brokers.join(','), topic, rules, ...keys });
    const { headers } = await ask(`${server.url}/with`);
    await ask(`${server.url}/without`);
    await server.waitForStats('deliveries', ({ ledger }) => ledger.delivered === 2);
    for (const { key, value } of await kcatConsume(brokers, topic)) {
      const record = JSON.parse(value!.toString());
      assert.equal(record.click_id, key!.toString());
      if (record.path === '/with') assert.ok(headers.location?.endsWith(record.click_id));
    }
  });
});
