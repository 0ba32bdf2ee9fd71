/**
 * `npm run slow-clients`: a steady load of good clients, first alone, then beside many that never finish a request; its latencies in
 * both, and descriptors and memory before, during and after. Exit code 1 when a good request failed or something was kept.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startGenerator } from '../../loadtest/generator-process.ts';
import { startServer } from '../support/server.ts';
import { startSlowloris } from '../support/slowloris.ts';
import { standsStill } from '../support/spool.ts';
import { waitFor } from '../support/wait-for.ts';

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '200' },
    rps: { type: 'string', default: '5000' },
    seconds: { type: 'string', default: '30' },
  },
});
const WARM_UP_S = 5;

const server = await startServer({ flags: { target: 'https://example.com/' } });
const state = () => ({
  descriptors: readdirSync(`/proc/${server.pid}/fd`).length,
  rssMiB: Math.round(
    Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))![1]) / 1024,
  ),
});

async function load(seconds: number) {
  const generator = await startGenerator({
    url: server.url,
    userAgent: 'redirector-slow-clients',
    rps: Number(values.rps),
    durationSeconds: seconds,
    connections: 64,
    expect: [[301, 301]],
    answerTimeoutMs: 10_000,
    trace: false,
  });
  const { answered, failed, latencyMs } = await generator.run(() => {});
  return { answered, failed, p50: latencyMs.p50, p99: latencyMs.p99, p999: latencyMs.p999 };
}

const show = (what: string, figures: object): void => {
  process.stdout.write(`${what.padEnd(8)} ${JSON.stringify(figures)}\n`);
};

try {
  await load(WARM_UP_S);
  // The connections of the warm-up are still being closed.
  await standsStill('the descriptors', async () => state().descriptors);
  const before = state();
  const alone = await load(Number(values.seconds));
  show('alone', { ...alone, ...before });

  const slow = startSlowloris(Number(new URL(server.url).port), Number(values.clients));
  await waitFor(
    'them to be connected',
    () => state().descriptors >= before.descriptors + Number(values.clients) * 0.9,
  );
  const running = load(Number(values.seconds));
  await waitFor('each to be cut once', () => slow.cut > Number(values.clients));
  const during = state();
  const beside = await running;
  show('beside', { ...beside, ...during, cut: slow.cut });
  slow.stop();

  await waitFor('their descriptors to be given back', () => state().descriptors <= before.descriptors);
  show('after', state());
  show('ratio', { p50: beside.p50 / alone.p50, p99: beside.p99 / alone.p99, p999: beside.p999 / alone.p999 });
  const { code, lastLine } = await server.stop();
  const isFine = alone.failed + beside.failed + lastLine.ledger.unaccounted + lastLine.lost === 0;
  if (!isFine || code !== 0) process.exitCode = 1;
} finally {
  server.kill();
}
