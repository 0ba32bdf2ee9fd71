import { type Peer, PeerUnavailable } from '../peers/peer.ts';
import { type BenchCollector, provideCollector } from './collector.ts';
import { type BenchKafka, provideKafka } from './kafka.ts';
import { chooseLoadTool } from './load.ts';
import { type Conditions, measure, type Sample } from './measure.ts';
import { choosePinning, moveBenchTo } from './pinning.ts';
import { rotated } from './statistics.ts';
import { topicsOn } from './topics.ts';

/** Longer than any peer's linger. */
const STILL_MS = 2_000;

export interface BenchOptions {
  peers: readonly Peer[];
  rounds: number;
  seconds: number;
  warmupSeconds: number;
  partitions: number;
  /** Requests a second; without it as many as are answered. */
  rps: number | undefined;
  /** Kafka that is already there; without it one is started for the run. */
  brokers: readonly string[] | undefined;
  /** The bench keeps what it finds as what later runs are judged by. */
  update: boolean;
}

/** What came of a peer: one sample a round, or why there are none. */
export type Outcome =
  | { name: string; recordFields: number; samples: Sample[] }
  | { name: string; unavailable: string };

export interface BenchRun {
  outcomes: Outcome[];
  /** The load tool and its arguments. */
  load: string;
  /** Where server, load and Kafka ran: what a reader must know to trust the figures. */
  notes: string[];
}

/**
 * Builds the peers, brings Kafka and a collector where one of them needs it, and measures them in interleaved rounds. A peer that
 * cannot be had, or fails in any round, is out of the rest and has no figures: medians over fewer rounds than the
 * others' would not be the same measurement. Rejects only when the signal ends the run; everything that was started
 * is stopped by then.
 */
export async function runBench(
  options: BenchOptions,
  signal: AbortSignal,
  progress: (line: string) => void,
): Promise<BenchRun> {
  const failures = new Map<string, string>();
  const samples = new Map<string, Sample[]>(options.peers.map((peer) => [peer.name, []]));
  const inTheRun = () => options.peers.filter((peer) => !failures.has(peer.name));
  const fail = (peer: Peer, error: unknown) => {
    signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    failures.set(peer.name, why);
    progress(`${peer.name}: ${error instanceof PeerUnavailable ? 'not to be had' : 'failed'}: ${why}`);
  };

  for (const peer of options.peers) {
    signal.throwIfAborted();
    progress(`building ${peer.name} ...`);
    await peer.build().catch((error) => fail(peer, error));
  }

  const pinning = choosePinning();
  const notes: string[] = [];
  /** What `provide` gives, where a peer needs it; those that do are out of the run when it gives nothing. */
  const forPeers = async <T>(needs: (peer: Peer) => boolean, provide: () => Promise<T>) => {
    const needing = inTheRun().filter(needs);
    if (needing.length === 0) return undefined;
    return provide().catch((error) => {
      for (const peer of needing) fail(peer, error);
      return undefined;
    });
  };
  let kafka: BenchKafka | undefined;
  let replicated: BenchKafka | undefined;
  let collector: BenchCollector | undefined;
  try {
    kafka = await forPeers(
      (peer) => peer.recordFields > 0 && peer.kafka !== 'down' && peer.kafka !== 'replicated',
      () =>
        provideKafka(
          1,
          options.brokers,
          inTheRun().some((peer) => peer.kafka === 'slow'),
          pinning,
          signal,
          progress,
        ),
    );
    replicated = await forPeers(
      (peer) => peer.kafka === 'replicated',
      () => provideKafka(3, options.brokers, false, pinning, signal, progress),
    );
    collector = await forPeers(
      (peer) => peer.sampleRatio !== undefined,
      () => provideCollector(pinning, signal, progress),
    );
    // Only now, so that a build may use all cores.
    moveBenchTo(pinning);
    notes.push(
      pinning.server === undefined
        ? pinning.why
        : `each server on core ${pinning.server}, the load on core ${pinning.load}`,
    );
    for (const part of [kafka, replicated, collector]) if (part !== undefined) notes.push(part.note);

    const conditions: Conditions = {
      run: Date.now().toString(36),
      ...options,
      pinning,
      loadTool: chooseLoadTool,
      stillMs: STILL_MS,
      signal,
      kafka: kafka && { ...kafka, topics: topicsOn(kafka.brokers) },
      replicated: replicated && { ...replicated, topics: topicsOn(replicated.brokers) },
      collector,
    };
    for (let round = 0; round < options.rounds; round++) {
      for (const peer of rotated(options.peers, round)) {
        if (failures.has(peer.name)) continue;
        try {
          const sample = await measure(peer, round, conditions);
          samples.get(peer.name)!.push(sample);
          progress(`round ${round + 1}/${options.rounds}: ${peer.name}: ${describe(sample)}`);
        } catch (error) {
          fail(peer, new Error(`round ${round + 1}: ${error instanceof Error ? error.message : error}`));
        }
      }
    }
    signal.throwIfAborted();
  } finally {
    await Promise.all([kafka?.stop(), replicated?.stop(), collector?.stop()]);
  }

  const outcomes = options.peers.map(({ name, recordFields }): Outcome => {
    const unavailable = failures.get(name);
    if (unavailable !== undefined) return { name, unavailable };
    return { name, recordFields, samples: samples.get(name)! };
  });
  const loads = new Set(options.peers.map(({ rps }) => chooseLoadTool(rps ?? options.rps).description));
  return { outcomes, load: [...loads].join('; '), notes };
}

function describe(sample: Sample): string {
  const missing = sample.recordsMissing ? `, ${sample.recordsMissing} records missing` : '';
  return `${sample.cpuMicrosPerRequest.toFixed(1)} us CPU a request, ${Math.round(sample.rps)} rps${missing}`;
}
