import {
  delayPeers,
  memoryPeers,
  peers,
  quickPeers,
  rulesPeers,
  scalePeers,
  tailPeers,
  tracingPeers,
} from '../peers/index.ts';
import type { Peer } from '../peers/peer.ts';
import { againstDocument, type Compared, formatAgainst } from './against.ts';
import { judge, keepBaseline, readBaseline } from './check.ts';
import { memoryReport } from './memory.ts';
import { benchDocument, formatBench, formatRun, type RunDocument, runDocument } from './report.ts';
import { rulesReport } from './rules.ts';
import type { BenchOptions, BenchRun } from './run.ts';
import { formatTelemetry, telemetryDocument } from './telemetry.ts';

/** What a bench makes of its run. */
export interface BenchReport {
  document: RunDocument;
  /** The document for a terminal. */
  text: string;
  /** The figures are of what they seem to be of; and, where the bench judges them, they are good. */
  valid: boolean;
}

/** Whom a bench measures, and what it finds in that. */
export interface Bench {
  /** One line of the help. */
  about: string;
  peers: readonly Peer[];
  /** Where these differ from those of all benches. */
  defaults?: Partial<Pick<BenchOptions, 'rounds' | 'seconds' | 'warmupSeconds'>>;
  report(options: BenchOptions, run: BenchRun): BenchReport;
}

/** A bench that tells its figures and finds nothing more in them. */
const plainReport: Bench['report'] = (options, run) => {
  const document = runDocument(options, run);
  return { document, text: formatRun(document, []), valid: true };
};

const againstReport =
  (base: string, compared: Compared): Bench['report'] =>
  (options, run) => {
    const document = againstDocument(options, run, base, compared);
    return { document, text: formatAgainst(document, compared), valid: true };
  };

/** Under two minutes with all that is around it. */
const quick = {
  peers: quickPeers,
  defaults: { rounds: 5, seconds: 3, warmupSeconds: 3 },
} as const;

/** The benches, by the word that asks for them. */
export const benches = {
  servers: {
    about: 'Redirector, and redirect servers that it is compared with',
    peers,
    report(options, run) {
      const document = benchDocument(options, run);
      return { document, text: formatBench(document), valid: true };
    },
  },
  quick: {
    ...quick,
    about: 'Redirector against bare Express, in under two minutes',
    report: againstReport('express-bare', 'cpuMicrosPerRequest'),
  },
  check: {
    ...quick,
    about: 'the same; fails when the ratio is more than 15 % above that of loadtest/bench/baseline.json',
    report(options, run) {
      const document = againstDocument(options, run, 'express-bare', 'cpuMicrosPerRequest');
      const { good, sentence } = options.update ? keepBaseline(document) : judge(document, readBaseline());
      return { document, text: formatAgainst(document, 'cpuMicrosPerRequest', [sentence]), valid: good };
    },
  },
  telemetry: {
    about: 'what tracing costs Redirector, and what it costs a server that is instrumented as is usual',
    peers: tracingPeers,
    report(options, run) {
      const document = telemetryDocument(options, run);
      return { document, text: formatTelemetry(document), valid: document.valid };
    },
  },
  rules: {
    about: 'what finding a rule among many costs, against one target for all paths',
    peers: rulesPeers,
    report: rulesReport,
  },
  scale: {
    about:
      'CPU per request with more connections, partitions, brokers, listeners, with rules and with telemetry',
    peers: scalePeers,
    report: againstReport('connections-100', 'cpuMicrosPerRequest'),
  },
  tail: {
    about: 'the slowest answers while Kafka is well, acknowledges late, and is away',
    peers: tailPeers,
    report: againstReport('healthy', 'p999Ms'),
  },
  delay: {
    about: 'time from a click to a consumer that has its record',
    peers: delayPeers,
    report: plainReport,
  },
  memory: {
    about:
      'memory idle, under load and in an outage, against the most that may be; idle CPU, start-up, size of a record',
    peers: memoryPeers,
    report: memoryReport,
  },
} as const satisfies Record<string, Bench>;

export type BenchName = keyof typeof benches;
