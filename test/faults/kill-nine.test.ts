import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { it } from 'node:test';
import { clicksIn } from '../support/clicks.ts';
import { temporaryDirectory } from '../support/guarded.ts';
import { startKafka } from '../support/kafka.ts';
import { kcatConsume, kcatCount } from '../support/kcat.ts';
import { realPart } from '../support/real-parts.ts';
import { startServer } from '../support/server.ts';
import { exportSpool } from '../support/spool.ts';
import { startLoad } from '../support/steady-load.ts';
import { createTopic } from '../support/topics.ts';

/** REDIRECTOR_KILL_LOOPS=100 is the long run. */
const LOOPS = Number(process.env.REDIRECTOR_KILL_LOOPS ?? 3);
const RPS = 1500;
/** Of each three loops the broker is away in two: in the second of them the spool has grown for longer. */
const isAway = (loop: number): boolean => loop % 3 !== 2;

/** Where batches of the spool may have been sent already, as their rows have it. */
function pinsIn(path: string): unknown[] {
  const file = new DatabaseSync(path, { readOnly: true });
  const rows = file
    .prepare('SELECT row, ticket, records, pin FROM batch WHERE pin IS NOT NULL ORDER BY row')
    .all();
  file.close();
  return rows;
}

it(`kill -9 under load, ${LOOPS} times, with a broker that comes and goes: no committed row is lost, none comes twice`, {
  skip: await realPart('kafka', 'kcat'),
}, async (t) => {
  const kafka = await startKafka();
  t.after(() => kafka.stop());
  const broker = kafka.nodes[0]!;
  const topic = await createTopic(kafka.brokers, { partitions: 3 });
  const path = join(temporaryDirectory('kill-nine'), 'spool.db');
  const flags = {
    target: 'https://example.com/',
    brokers: kafka.brokers.join(','),
    topic,
    'queue.overflow': 'spool',
    'queue.maxBytes': '1MiB',
    'spool.path': path,
    'request.timeout': '500ms',
    'delivery.timeout': '1s',
  } as const;
  const committed = new Set<string>();
  /** What the servers that were killed had counted: their counts end with them. */
  let countedTwice = 0;
  const pins: unknown[] = [];
  let most = 0;
  for (let loop = 0; loop < LOOPS; loop++) {
    const server = await startServer({ flags });
    const load = startLoad(server.url, RPS);
    if (isAway(loop)) {
      // What is on the wire at that moment is of unknown fate, and goes to the spool after delivery.timeout.
      await server.waitForStats('traffic', ({ ledger }) => ledger.offered > RPS / 2, 30_000);
      await broker.kill('SIGKILL');
      const before = (await server.stats()).ledger.spooled;
      await server.waitForStats('overflow', ({ ledger }) => ledger.spooled > before + RPS, 30_000);
    } else {
      await broker.start();
      await server.waitForStats('the replay to be under way', ({ ledger }) => ledger.delivered > RPS, 60_000);
    }
    countedTwice += (await server.stats()).possibleDuplicates;
    server.kill('SIGKILL');
    await server.exited();
    await load.stop();
    pins.push(pinsIn(path));
    const rows = await exportSpool(path);
    most = Math.max(most, rows.length);
    for (const { id } of rows) committed.add(id);
  }

  if (broker.pid === undefined) await broker.start();
  const server = await startServer({ flags });
  const { possibleDuplicates, ledger } = await server.waitForStats(
    'the spool to be empty',
    (stats) => stats.ledger.spooled === 0 && stats.ledger.queued + stats.ledger.inFlight === 0,
    120_000,
  );
  assert.equal(ledger.unaccounted, 0);
  assert.deepEqual(ledger.dropped, {});
  assert.equal((await server.stop()).code, 0);
  const found = (await clicksIn(kafka.brokers, topic)).map(({ id }) => id);
  assert.equal(found.length, await kcatCount(kafka.brokers, topic));
  const distinct = new Set(found);
  const lost = [...committed].filter((id) => !distinct.has(id));
  t.diagnostic(
    `${LOOPS} times kill -9: ${committed.size} records seen in the spool (at most ${most} at once), ${distinct.size} in the topic, ${lost.length} lost, ${found.length - distinct.size} twice`,
  );
  assert.ok(committed.size > LOOPS * 100);
  assert.deepEqual(lost, []);
  const twice = found.length - distinct.size;
  if (twice !== possibleDuplicates) {
    const again = await kcatConsume(kafka.brokers, topic);
    const places = Map.groupBy(again, ({ value }) => JSON.parse(String(value)).id as string);
    const ends = [...places].filter(([, records]) => records.length > 1).flatMap(([, records]) => [records]);
    const told = [ends[0], ends.at(-1)]
      .flatMap((records) => records ?? [])
      .map(({ partition, offset, value }) => `${partition}@${offset} ${value}`);
    assert.fail(
      `nothing comes twice that is not counted: ${twice} did, ${possibleDuplicates} counted, ${countedTwice} by those that were killed: ${told.join('; ')}; pins at each kill: ${JSON.stringify(pins)}`,
    );
  }
});
