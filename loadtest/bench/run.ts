import { type Peer, PeerUnavailable } from '../peers/peer.ts';
import { type BenchCollector, provideCollector } from './collector.ts';
import { type BenchKafka, provideKafka } from './kafka.ts';
import { chooseLoadTool } from './load.ts';
import { type Conditions, measure, type Sample } from './measure.ts';
import { choosePinning, moveBenchTo } from './pinning.ts';
import { rotated } from './statistics.ts';
import { topicsOn } from './topics.ts';

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
}

/** What came of a peer: one sample a round, or why there are none. */
export type Outcome = { name: string; samples: Sample[] } | { name: string; unavailable: string };

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
  const load = chooseLoadTool(options.rps);
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
  let collector: BenchCollector | undefined;
  try {
    kafka = await forPeers(
      (peer) => peer.recordsExpected,
      () => provideKafka(options.brokers, pinning, signal, progress),
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
    for (const part of [kafka, collector]) if (part !== undefined) notes.push(part.note);

    const conditions: Conditions = {
      run: Date.now().toString(36),
      ...options,
      pinning,
      load,
      signal,
      kafka: kafka && { brokers: kafka.brokers, topics: topicsOn(kafka.brokers) },
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
    await Promise.all([kafka?.stop(), collector?.stop()]);
  }

  const outcomes = options.peers.map(({ name }): Outcome => {
    const unavailable = failures.get(name);
    return unavailable === undefined ? { name, samples: samples.get(name)! } : { name, unavailable };
  });
  return { outcomes, load: load.description, notes };
}

function describe(sample: Sample): string {
  const missing = sample.recordsMissing ? `, ${sample.recordsMissing} records missing` : '';
  return `${sample.cpuMicrosPerRequest.toFixed(1)} us CPU a request, ${Math.round(sample.rps)} rps${missing}`;
}
