import { expressBare } from './express-bare.ts';
import { go } from './go.ts';
import type { Peer } from './peer.ts';
import { redirector } from './redirector.ts';
import { redirectorWithRules } from './redirector-rules.ts';
import { stockOtel } from './stock-otel.ts';

/** Every peer that the bench of servers knows, in the order of its first round. */
export const peers: readonly Peer[] = [redirector('redirector'), go, expressBare];

/** The programs that the bench of telemetry compares. */
const tracingPrograms = {
  redirector: (name: string, sampleRatio?: number) => redirector(name, { sampleRatio }),
  stock: stockOtel,
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
