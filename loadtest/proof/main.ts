/**
 * `npm run loadtest:proof`: whether the load test's generator tells the truth, against a server whose stalls are known. Prints
 * Markdown; exit code 1 when a percentile of ours is further from the computed one than is allowed.
 */
import type { Percentiles } from '../latency.ts';
import { evenSchedule } from '../schedule.ts';
import { byAutocannon, byWrk, ours, type ProofLoad, type Reported } from './generators.ts';
import { idealLatencies, type KnownServer, percentileOf } from './ideal.ts';
import { type RunningKnownServer, startKnownServer } from './known-server.ts';
import { type Spacing, spacingOf } from './spacing.ts';

/** How far what is reported may be from what is computed. */
const ALLOWED = 0.1;
const STALLS: KnownServer = { serviceMs: 20, stall: { everyMs: 10_000, forMs: 1000 } };
const NO_STALLS: KnownServer = { serviceMs: 0, stall: undefined };
const PERIODS = 1;
const SPACING_SECONDS = 5;

const names = ['p50', 'p90', 'p99', 'p999', 'max'] as const satisfies readonly (keyof Percentiles)[];
const percents: Readonly<Record<(typeof names)[number], number>> = {
  p50: 50,
  p90: 90,
  p99: 99,
  p999: 99.9,
  max: 100,
};

function computed({ rps, seconds, connections }: ProofLoad): Reported {
  const sorted = idealLatencies(evenSchedule([{ rps, seconds }]), connections, STALLS).sort((a, b) => a - b);
  const at = (name: (typeof names)[number]): number => percentileOf(sorted, percents[name]);
  return { p50: at('p50'), p90: at('p90'), p99: at('p99'), p999: at('p999'), max: at('max') };
}

const print = (line = ''): void => {
  process.stdout.write(`${line}\n`);
};
const row = (cells: readonly string[]): void => print(`| ${cells.join(' | ')} |`);
const table = (head: readonly string[]): void => {
  row(head);
  print(`|${head.map((_, index) => (index === 0 ? '---|' : '---:|')).join('')}`);
};

/** Compares the percentiles; true when ours are right. */
async function proveStall(server: RunningKnownServer): Promise<boolean> {
  const load: ProofLoad = {
    url: server.url,
    rps: 1000,
    seconds: (PERIODS * STALLS.stall!.everyMs) / 1000,
    connections: 64,
  };
  const truth = computed(load);
  print(
    `A server that takes ${STALLS.serviceMs} ms for each answer and stalls for ${STALLS.stall!.forMs / 1000} s of every ${STALLS.stall!.everyMs / 1000} s; ${load.seconds} s of load on ${load.connections} connections; latency in ms.`,
  );
  print();
  table(['', ...names.map((name) => name.replace('999', '99.9'))]);
  const show = (what: string, reported: Reported): void =>
    row([what, ...names.map((name) => reported[name].toFixed(0))]);
  show(`computed, for ${load.rps} requests a second`, truth);

  const measured: Partial<Record<string, Reported | undefined>> = {};
  const runs = {
    'redirector loadtest': () => ours(load, 'even'),
    'autocannon -R': () => byAutocannon(load, true),
    autocannon: () => byAutocannon(load, false),
    wrk: () => byWrk(load),
  };
  for (const [name, run] of Object.entries(runs)) {
    await server.become(STALLS);
    measured[name] = await run();
    const reported = measured[name];
    if (reported === undefined) row([`${name} (not installed)`, ...names.map(() => '-')]);
    else show(name, reported);
  }
  const own = measured['redirector loadtest']!;
  const errors = names.map((name) => Math.abs(own[name] - truth[name]) / truth[name]);
  row(['error of redirector loadtest', ...errors.map((error) => `${(100 * error).toFixed(1)} %`)]);
  print();
  return errors.every((error) => error <= ALLOWED);
}

async function measureSpacing(server: RunningKnownServer): Promise<void> {
  const load: ProofLoad = { url: server.url, rps: 1000, seconds: SPACING_SECONDS, connections: 64 };
  print(`When ${load.rps} requests a second came, as the server saw it; gaps in ms.`);
  print();
  table([
    '',
    'gap p1',
    'gap p50',
    'gap p99',
    'gap max',
    'deviation / mean',
    'in the busiest tenth of a second',
  ]);
  const show = (what: string, { gapMs, variation, busiestTenth }: Spacing): void =>
    row([
      what,
      ...[gapMs.p1, gapMs.p50, gapMs.p99, gapMs.max].map((gap) => gap.toFixed(2)),
      variation.toFixed(2),
      `${(100 * busiestTenth).toFixed(0)} %`,
    ]);
  const runs = {
    'redirector loadtest': () => ours(load, 'even'),
    'redirector loadtest --arrivals poisson': () => ours(load, 'poisson'),
    'autocannon -R': () => byAutocannon(load, true),
  };
  for (const [name, run] of Object.entries(runs)) {
    await server.become(NO_STALLS);
    await run();
    show(name, spacingOf(await server.arrivals()));
  }
  print();
}

const server = await startKnownServer();
try {
  const right = await proveStall(server);
  await measureSpacing(server);
  print(
    right
      ? `The percentiles of \`redirector loadtest\` are within ${100 * ALLOWED} % of the computed ones.`
      : `A percentile of \`redirector loadtest\` is more than ${100 * ALLOWED} % from the computed one: was the machine busy?`,
  );
  if (!right) process.exitCode = 1;
} finally {
  server.stop();
}
