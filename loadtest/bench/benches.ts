import { peers, rulesPeers, tracingPeers } from '../peers/index.ts';
import type { Peer } from '../peers/peer.ts';
import { benchDocument, formatBench, type RunDocument } from './report.ts';
import { formatRules, isFaultless, rulesDocument } from './rules.ts';
import type { BenchOptions, BenchRun } from './run.ts';
import { formatTelemetry, telemetryDocument } from './telemetry.ts';

/** What a bench makes of its run. */
export interface BenchReport {
  document: RunDocument;
  /** The document for a terminal. */
  text: string;
  /** The figures are of what they seem to be of. */
  valid: boolean;
}

/** Whom a bench measures, and what it finds in that. */
export interface Bench {
  peers: readonly Peer[];
  report(options: BenchOptions, run: BenchRun): BenchReport;
}

/** The benches, by the word that asks for them. */
export const benches = {
  servers: {
    peers,
    report(options, run) {
      const document = benchDocument(options, run);
      return { document, text: formatBench(document), valid: true };
    },
  },
  telemetry: {
    peers: tracingPeers,
    report(options, run) {
      const document = telemetryDocument(options, run);
      return { document, text: formatTelemetry(document), valid: document.valid };
    },
  },
  rules: {
    peers: rulesPeers,
    report(options, run) {
      const document = rulesDocument(options, run);
      return { document, text: formatRules(document), valid: document.results.every(isFaultless) };
    },
  },
} as const satisfies Record<string, Bench>;

export type BenchName = keyof typeof benches;
