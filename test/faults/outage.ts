/**
 * `npm run outage`: a long outage of Kafka under a steady load with `queue.overflow: spool`, minute by minute: memory, queue
 * and spool; then recovery, and whether every answer is in the topic. Exit code 1 when something did not hold.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Stats } from '../../src/server/admin/stats.ts';
import { bin, cleanEnvironment } from '../support/bin.ts';
import { startKafka } from '../support/kafka.ts';
import { kcatCount } from '../support/kcat.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { createTopic } from '../support/topics.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    rps: { type: 'string', default: '5000' },
  },
});
const minutes = Number(values.minutes);
const rps = Number(values.rps);
/** Of load with Kafka there, before and after the outage. */
const CALM_S = 30;
const RECOVERY_MS = 30 * 60_000;

const rssMiB = (pid: number): number =>
  Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024);

function show(what: string, server: RunningServer, { ledger, queue, spool }: Stats): void {
  const line = [
    what.padEnd(12),
    `rss ${rssMiB(server.pid)} MiB`,
    `queue ${Math.round(queue.bytes / 2 ** 20)} MiB`,
    `spool ${Math.round(spool.bytes / 2 ** 20)} MiB`,
    `offered ${ledger.offered}`,
    `delivered ${ledger.delivered}`,
    `spooled ${ledger.spooled}`,
    `dropped ${JSON.stringify(ledger.dropped)}`,
  ];
  process.stdout.write(`${line.join('  ')}\n`);
}

const kafka = await startKafka({ lasting: true });
const topic = await createTopic(kafka.brokers, { partitions: 12 });
const server = await startServer({
  flags: {
    target: 'https://example.com/',
    brokers: kafka.brokers.join(','),
    topic,
    'queue.overflow': 'spool',
    'spool.maxBytes': '8GiB',
  },
});
try {
  const seconds = 2 * CALM_S + minutes * 60;
  const flags = ['--url', server.url, '--rps', String(rps), '--duration', String(seconds), '--json'];
  const load = spawn(process.execPath, [bin, 'loadtest', ...flags], {
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  load.stdout.on('data', (text: Buffer) => {
    output += text;
  });
  const ended = once(load, 'close');

  await sleep(CALM_S * 1000);
  show('calm', server, await server.stats());
  await kafka.nodes[0]!.kill('SIGKILL');
  for (let minute = 1; minute <= minutes; minute++) {
    await sleep(60_000);
    show(`minute ${minute}`, server, await server.stats());
  }
  await kafka.nodes[0]!.start();
  const back = performance.now();
  await ended;
  const report = JSON.parse(output) as { sent: number; answered: number; failed: number; latencyMs: object };
  const stats = await server.waitForStats(
    'recovery',
    ({ ledger, spool }) => spool.records === 0 && ledger.queued + ledger.inFlight === 0,
    RECOVERY_MS,
  );
  const recovery = (performance.now() - back) / 1000;
  show('recovered', server, stats);
  const { code, lastLine } = await server.stop();
  const found = await kcatCount(kafka.brokers, topic);
  const { sent, answered, failed, latencyMs } = report;
  process.stdout.write(
    `${JSON.stringify({ sent, answered, failed, latencyMs, found, recoverySeconds: Math.round(recovery), lastLine })}\n`,
  );
  const { ledger, lost } = lastLine;
  const holds =
    failed === 0 && answered === sent && lost === 0 && ledger.unaccounted === 0 && found === answered;
  if (!holds || code !== 0) process.exitCode = 1;
} finally {
  server.kill();
  await kafka.stop();
}
