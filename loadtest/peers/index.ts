import { go, goRepaired } from './go.ts';
import { nginx } from './nginx.ts';
import { expressBare, fastify, nodeHttp, stock } from './node-peers.ts';
import type { Peer } from './peer.ts';
import { redirector } from './redirector.ts';
import { redirectorWithRules } from './redirector-rules.ts';
import { rust } from './rust.ts';
import { withConsumer } from './with-consumer.ts';
import { withMemory } from './with-memory.ts';

/** The bench that guards against slowness: Redirector, and a program that only Node and Express can make slower. */
export const quickPeers: readonly Peer[] = [redirector('redirector'), expressBare];

/** Every peer that the bench of servers knows, in the order of its first round. */
export const peers: readonly Peer[] = [
  redirector('redirector'),
  go,
  goRepaired,
  rust,
  expressBare,
  nodeHttp,
  fastify,
  stock('stock'),
  stock('stock-otel', 1),
  nginx('nginx', 'none'),
  nginx('nginx-kcat', 'kcat'),
  nginx('nginx-rsyslog', 'rsyslog'),
];

/** The programs that the bench of telemetry compares. */
const tracingPrograms = {
  redirector: (name: string, sampleRatio?: number) => redirector(name, { sampleRatio }),
  stock,
} as const;

/** How many in a hundred requests are traced; `off` loads nothing of OpenTelemetry. */
const tracingRates = ['off', '0', '1', '100'] as const;

export type TracingProgram = keyof typeof tracingPrograms;
export type TracingRate = (typeof tracingRates)[number];

/** The name of the peer that is a program at a rate: `redirector-off`. */
export const tracingPeerName = (program: TracingProgram, rate: TracingRate): string => `${program}-${rate}`;

/** A program's peers, one for each rate, `off` first. */
const atEachRate = (program: TracingProgram): Peer[] =>
  tracingRates.map((rate) =>
    tracingPrograms[program](tracingPeerName(program, rate), rate === 'off' ? undefined : Number(rate) / 100),
  );

export const tracingPeers: readonly Peer[] = [...atEachRate('redirector'), ...atEachRate('stock')];

const MANY = 100_000;

/** One target for all paths, and rules of each kind. All are asked for as many paths as they have rules. */
export const rulesPeers: readonly Peer[] = [
  { ...redirector('target'), paths: { prefix: '/campaign/', count: MANY } },
  redirectorWithRules('rules-1', 'exact', 1),
  redirectorWithRules('rules-1000', 'exact', 1_000),
  redirectorWithRules('rules-100000', 'exact', MANY),
  redirectorWithRules('patterns-200', 'pattern', 200),
];

const STEADY_RPS = 15_000;

/** Redirector at one rate, with one thing changed after the other. */
export const scalePeers: readonly Peer[] = [
  ...[100, 1_000, 10_000].map((connections) => ({
    ...redirector(`connections-${connections}`),
    connections,
  })),
  ...[1, 4, 16, 64].map((partitions) => ({ ...redirector(`partitions-${partitions}`), partitions })),
  { ...redirector('brokers-3'), kafka: 'replicated' as const, partitions: 3 },
  ...[1, 2].map((listeners) => ({
    ...redirector(`listeners-${listeners}`, { flags: () => ({ listeners: `${listeners}` }) }),
    allCores: true,
  })),
  { ...redirectorWithRules('rules-1000', 'exact', 1_000), paths: { prefix: '/campaign/', count: 1 } },
  redirector('telemetry', { sampleRatio: 0.01 }),
].map((peer) => ({ rps: STEADY_RPS, ...peer }));

/** Redirector at one rate, while Kafka is well, late and away. */
export const tailPeers: readonly Peer[] = [
  redirector('healthy'),
  { ...redirector('slow'), kafka: 'slow' as const },
  { ...redirector('down'), kafka: 'down' as const },
].map((peer) => ({ rps: STEADY_RPS, partitions: 12, ...peer }));

/** Redirector at several rates, with a consumer that reads what was clicked. */
export const delayPeers: readonly Peer[] = [100, 1_000, STEADY_RPS].map((rps) => ({
  ...withConsumer(redirector(`rps-${rps}`)),
  rps,
}));

/** Redirector as a package has it. */
const compiled = (name: string, flags: Record<string, string> = {}): Peer =>
  redirector(name, { compiled: true, flags: () => flags });

/** Redirector with a spool and hardly a request; under load, also with two listeners; and while Kafka is away, with the queue full. */
export const memoryPeers: readonly Peer[] = [
  { ...withMemory(compiled('idle', { 'queue-overflow': 'spool' }), { idle: true }), rps: 1 },
  { ...withMemory(compiled('running')), rps: STEADY_RPS },
  {
    ...withMemory(compiled('listeners-2', { listeners: '2' }), { listeners: 2 }),
    rps: STEADY_RPS,
    allCores: true,
  },
  { ...withMemory(compiled('outage')), rps: STEADY_RPS, kafka: 'down' as const },
];
